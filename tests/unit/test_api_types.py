"""The TypeScript types that frontends get are those of openapi.yaml, and compile."""

from pathlib import Path

import pytest

from local.contract import api_types
from local.machine import npm

SAMPLE = Path(__file__).with_name("frontend.ts")
OPTIONS = ("--noEmit", "--strict", "--target", "es2022", "--lib", "es2022")


@pytest.fixture(scope="module", autouse=True)
def _installed() -> None:
    npm.install(api_types.PINS, api_types.INSTALLED)


def test_the_types_are_those_of_the_contract(tmp_path: Path) -> None:
    fresh = tmp_path / "api.d.ts"
    api_types.write(fresh)
    assert api_types.TYPES.read_text() == fresh.read_text(), "run `make api-types`"


def test_a_frontend_compiles_with_them() -> None:
    """Each error that the sample expects is one, or the compiler says that it is missing."""
    npm.run_node(api_types.COMPILER, *OPTIONS, SAMPLE)


@pytest.mark.full  # the compiler does say so of what the sample expects
def test_a_frontend_that_is_wrong_does_not_compile(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.ts"
    types = api_types.TYPES.with_suffix("").with_suffix("")
    wrong.write_text(
        f'import type {{ components }} from "{types}";\n'
        'export const item: components["schemas"]["Item"] = { quantity: "two" };\n'
    )
    with pytest.raises(npm.NodeFailed, match="not assignable to type"):
        npm.run_node(api_types.COMPILER, *OPTIONS, wrong)
