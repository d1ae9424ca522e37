"""Runs MiniStack in an interpreter that has nothing but the standard library.

    python local/cloud/ministack_main.py SITE_PACKAGES STEPS_URL ALLOWED_ORIGIN...

STEPS_URL receives the reports of the frontend's calls (observed.py); empty for none.

MiniStack runs each Lambda with its own interpreter (`sys.executable`). From the environment that it
is installed in, functions could import its boto3, pydantic and others, which would hide packages
missing from the layer. So its packages are added to this process only.

`ministack.app.main` serves the module's `app`, which is replaced by the guarded one.
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
