"""Runs MiniStack in an interpreter that has nothing but the standard library.

    python local/ministack_main.py SITE_PACKAGES

MiniStack runs each Lambda with the interpreter that it runs in itself (`sys.executable`). Started
from the environment that it is installed in, it would lend its boto3, pydantic and others to the
functions, and hide that one is missing from the layer. Its packages are therefore added to this
process alone.
"""

import runpy
import site
import sys

if __name__ == "__main__":
    site.addsitedir(sys.argv.pop(1))
    runpy.run_module("ministack", run_name="__main__", alter_sys=True)
