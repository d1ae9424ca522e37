"""The scripts of the simulator's pages are correct by their JSDoc types."""

from pathlib import Path

import pytest

from local.contract import api_types
from local.machine import npm
from stripe_simulator.web.assets import FOLDER

OPTIONS = (
    *("--allowJs", "--checkJs", "--noEmit", "--strict", "--noUncheckedIndexedAccess"),
    *("--target", "es2023", "--lib", "es2023,dom,dom.iterable", "--module", "esnext"),
    *("--moduleDetection", "force"),
)


@pytest.fixture(autouse=True)
def _installed() -> None:
    npm.install(api_types.PINS, api_types.INSTALLED)


def test_scripts_are_typed() -> None:
    scripts = sorted(FOLDER.glob("*.js"))
    assert [script.name for script in scripts] == ["checkout.js", "dashboard.js"]
    npm.run_node(api_types.COMPILER, *OPTIONS, *scripts)


def test_wrong_script_is_refused(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.js"
    wrong.write_text("document.getElementById('form').focus();\n")
    with pytest.raises(npm.NodeFailed, match="possibly 'null'"):
        npm.run_node(api_types.COMPILER, *OPTIONS, wrong)
