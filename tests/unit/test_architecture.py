"""The picture in docs/architecture.md shows the real imports; the files it names exist."""

import re

from tests.support.stack import ROOT
from tests.unit.test_imports import MODULES, PACKAGE, SHARED, of_checkout

TEXT = (ROOT / "docs" / "architecture.md").read_text()
# A box of the picture by each of our modules and packages that it names.
BOX = {
    part: box
    for box, parts in re.findall(r'^ +(\w+)\["([\w, ]+)<br/>', TEXT, re.MULTILINE)
    for part in parts.split(", ")
}
APART = {*SHARED, "settings", "wiring", "__init__"}


def test_every_module_has_its_box() -> None:
    parts = {path.relative_to(PACKAGE).with_suffix("").parts[0] for path in MODULES}
    assert parts - APART == BOX.keys()


def test_the_arrows_are_the_imports() -> None:
    arrows = set()
    for path in MODULES:
        part = path.relative_to(PACKAGE).with_suffix("").parts[0]
        if part not in APART:
            arrows |= {(BOX[part], BOX[other]) for other in of_checkout(path) - APART}
    shown = re.findall(r"^ +(\w+) --> (\w+)$", TEXT, re.MULTILINE)
    assert sorted(shown) == sorted((one, other) for one, other in arrows if one != other)


def test_every_function_calls_its_box() -> None:
    named = re.findall(r"^ +\w+\(\[\"([\w, ]+)\"\]\) -\.-> \w+$", TEXT, re.MULTILINE)
    functions = {path.parent.name for path in ROOT.glob("functions/*/app.py")}
    assert {name for one in named for name in one.split(", ")} == functions


def test_the_files_that_it_names_exist() -> None:
    named = set(re.findall(r"`([\w/]+\.(?:py|yaml))`", TEXT))
    assert named
    assert [
        one for one in named if not any((base / one).exists() for base in (ROOT, PACKAGE))
    ] == []


def test_the_names_in_the_code_exist() -> None:
    source = "\n".join(path.read_text() for path in MODULES)
    for name in re.findall(r"`([A-Z][A-Za-z_]+)`", TEXT):
        assert re.search(rf"^(class )?{name}\b", source, re.MULTILINE), name
