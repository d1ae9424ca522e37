"""Ends a child whose parent is gone, `kill -9` included.

MiniStack's interpreter runs it too (ministack_main.py): standard library only.
"""

import os
import signal
import sys
import threading


def end_with_parent() -> None:
    """Kill this process' group once its standard input ends: a pipe that only the parent holds.

    The group has MiniStack's Lambdas too. Left running, they would keep a fixed port in use.
    """

    def wait() -> None:
        while os.read(sys.stdin.fileno(), 1):
            pass
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=wait, name="parent", daemon=True).start()
