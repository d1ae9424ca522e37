"""Part of `make types`: TypeScript's check of the JavaScript, whose types are in its JSDoc."""

import sys

from local.contract.api_types import COMPILER, INSTALLED, PINS
from local.machine import npm
from local.paths import ROOT

PROJECTS = (ROOT / "storefront",)


def main() -> int:
    npm.install(PINS, INSTALLED)
    try:
        for project in PROJECTS:
            npm.run_node(COMPILER, "--project", project / "jsconfig.json")
    except npm.NodeFailed as failed:
        print(failed)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
