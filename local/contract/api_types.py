"""`make api-types`: the TypeScript types of the HTTP contract, from openapi.yaml."""

from pathlib import Path

from local.machine import npm
from local.paths import CONTRACT, LOCAL, ROOT

TYPES = ROOT / "storefront" / "types" / "api.d.ts"
PINS = ROOT / "local" / "node"
INSTALLED = LOCAL / "node"
GENERATOR = INSTALLED / "node_modules/openapi-typescript/bin/cli.js"
COMPILER = INSTALLED / "node_modules/typescript/bin/tsc"


def write(types: Path = TYPES) -> None:
    npm.install(PINS, INSTALLED)
    types.parent.mkdir(parents=True, exist_ok=True)
    npm.run_node(GENERATOR, CONTRACT, "--output", types)


if __name__ == "__main__":
    write()
