"""What docs/orders.md says of the orders is what the code does, and all links lead somewhere."""

import re
from pathlib import Path

from checkout.domain.changes import PUBLISHED
from checkout.domain.order import OrderStatus
from checkout.domain.parts import UNKNOWN, Decline, Dispute, Refund
from local.contract.message_schema import schema
from tests.support.stack import ROOT

DOCS = ROOT / "docs"
ORDERS = (DOCS / "orders.md").read_text()
PARTS = {
    "order": tuple(OrderStatus),
    "refund": Refund.weakest_first,
    "dispute": Dispute.weakest_first,
}


def test_the_statuses_are_listed_from_the_weakest_to_the_strongest() -> None:
    for part, statuses in PARTS.items():
        listed = ", ".join(statuses)
        listed = listed.replace(f"warning_{UNKNOWN}", "*any other warning_…*")
        assert f"| {part} | {listed.replace(UNKNOWN, '*any other*')} |" in ORDERS


def rows(table: str) -> list[list[str]]:
    """Return a table's rows; one without a first cell continues the row above it."""
    found: list[list[str]] = []
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0]:
            found.append(cells)
        else:
            found[-1] = [" ".join(pair).strip() for pair in zip(found[-1], cells, strict=True)]
    return found


def table(document: str) -> str:
    """Return the table of decisions, without its rule."""
    found = re.search(r"^\| fact .*\n\|[ |-]+\n((?:\|.*\n)+)", document, re.MULTILINE)
    assert found is not None
    return found[1]


def test_the_table_of_decisions_is_the_modules_own() -> None:
    decisions = (ROOT / "layers/common/checkout/domain/decisions.py").read_text()
    assert rows(table(ORDERS)) == rows(table(decisions))


def test_every_invariants_guard_exists() -> None:
    named = re.findall(r"`(test_[a-z_]+)`", ORDERS)
    sources = "\n".join(path.read_text() for path in ROOT.glob("tests/*/test_*.py"))
    assert named
    guarded = re.findall(r"^\| ([0-9]+) \| .+ \| `test_", ORDERS, re.MULTILINE)
    assert guarded == [str(number) for number in range(1, 11)]
    assert [name for name in named if f"def {name}(" not in sources] == []


def test_the_readme_shows_the_short_way_to_a_connected_stack() -> None:
    readme = (ROOT / "README.md").read_text()
    commands = ["make deploy ENV=dev", "make connect ENV=dev", "make doctor ENV=dev"]
    assert "```sh\n" + "\n".join(commands) + "\n```" in readme
    for document in ("deploy.md", "runbook.md", "tasks.md", "security.md"):
        assert f"](docs/{document})" in readme


def test_the_messages_types_are_listed() -> None:
    assert ", ".join(f"`{type_}`" for type_ in PUBLISHED) in ORDERS


def test_the_schema_is_the_models_own() -> None:
    assert (DOCS / "order-message.schema.json").read_text() == schema()


def test_links_lead_to_files_that_exist() -> None:
    documents = [*ROOT.glob("*.md"), *DOCS.glob("*.md"), *ROOT.glob("examples/*/*.md")]
    assert ROOT / "examples" / "fulfilment" / "README.md" in documents
    for document in documents:
        links = re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text())
        assert [link for link in links if not (document.parent / link).exists()] == [], document


def anchors(document: Path) -> set[str]:
    """Return the fragments by which GitHub's headings are reached."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


def test_links_lead_to_headings_that_exist() -> None:
    for document in [*ROOT.glob("*.md"), *DOCS.glob("*.md")]:
        links = re.findall(r"\]\((?!https?:)([^)#]*)#([^)]+)\)", document.read_text())
        for path, fragment in links:
            target = document.parent / path if path else document
            assert fragment in anchors(target), (document.name, fragment)


def test_the_docs_say_who_chooses_the_client_reference() -> None:
    assert "`client_reference_id` is text chosen by the customer's browser" in ORDERS
    assert Decline.limit == 10
    assert "its ten latest declined attempts" in ORDERS
