"""Runs MiniStack in an interpreter that has nothing but the standard library.

    python local/cloud/ministack_main.py SITE_PACKAGES STEPS_URL ALLOWED_ORIGIN...

STEPS_URL gets the reports of the frontend's calls (observed.py), and may be empty: none.

MiniStack runs each Lambda with the interpreter that it runs in itself (`sys.executable`). Started
from the environment that it is installed in, it would lend its boto3, pydantic and others to the
functions, and hide that one is missing from the layer. Its packages are therefore added to this
process alone.

`ministack.app.main` serves the module's own `app`, which is replaced by the guarded one.
"""

import importlib
import site
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    packages, steps_url, *allowed_origins = sys.argv[1:]
    del sys.argv[1:]
    site.addsitedir(packages)
    root = Path(__file__).resolve().parents[2]
    sys.path += [str(root), str(root / "local" / "stripe_simulator" / "src")]
    from local.cloud.ministack_guard import PagesKeptOut  # noqa: PLC0415  (found from here on)
    from stripe_simulator.observed import BACKEND_CALLS, Observed, Reporter  # noqa: PLC0415
    from stripe_simulator.parent import end_with_parent  # noqa: PLC0415

    end_with_parent()
    server: Any = importlib.import_module("ministack.app")
    app = Observed(server.app, BACKEND_CALLS, Reporter(steps_url)) if steps_url else server.app
    server.app = PagesKeptOut(app, allowed_origins)
    server.main()


if __name__ == "__main__":
    main()
