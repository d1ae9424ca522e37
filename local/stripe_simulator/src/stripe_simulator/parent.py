"""Ends a child process when its parent ends, even by `kill -9`.

MiniStack's interpreter runs it too (ministack_main.py): standard library only.
"""

import os
import signal
import sys
import threading


def end_with_parent() -> None:
    """Kill this process group when its standard input ends, a pipe held by the parent only.

    The group includes MiniStack's Lambdas, which would otherwise keep a fixed port in use.
    """

    def wait() -> None:
        while os.read(sys.stdin.fileno(), 1):
            pass
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=wait, name="parent", daemon=True).start()
