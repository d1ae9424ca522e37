"""What docs/orders.md says of the orders is what the code does."""

import json
import re
from typing import TYPE_CHECKING, Any

from checkout.GONE_order import DisputeStatus, RefundStatus

from checkout.domain.changes import PUBLISHED
from checkout.domain.order import OrderStatus
from checkout.stripe.events import HANDLED_EVENTS
from local.message_schema import schema
from tests.unit.stack import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

DOCS = ROOT / "docs"
ORDERS = (DOCS / "orders.md").read_text()
PARTS = {"order": OrderStatus, "refund": RefundStatus, "dispute": DisputeStatus}


def test_the_statuses_are_listed_from_the_weakest_to_the_strongest() -> None:
    for part, statuses in PARTS.items():
        assert f"| {part} | {', '.join(statuses)} |" in ORDERS


def test_the_table_of_transitions_is_the_modules_own() -> None:
    module = (ROOT / "layers/common/checkout/transitions.py").read_text()
    facts = re.findall(r"^\| ([a-z]+[^|]*?) +\| ([^|]+?) +\| [^|]+\|$", module, re.MULTILINE)
    told = re.findall(r"^\| ([a-z]+[^|]*?) \| ([^|]+?) \| [^|]+\|$", ORDERS, re.MULTILINE)
    assert len(facts) > len(PARTS)
    assert set(facts) - {("", "")} <= set(told)


def test_every_invariants_guard_exists() -> None:
    named = re.findall(r"`(test_[a-z_]+)`", ORDERS)
    sources = "\n".join(path.read_text() for path in ROOT.glob("tests/*/test_*.py"))
    assert named
    assert [name for name in named if f"def {name}(" not in sources] == []


def test_the_readme_lists_the_events_to_subscribe_to() -> None:
    readme = (ROOT / "README.md").read_text()
    assert [type_ for type_ in HANDLED_EVENTS if f"`{type_}`" not in readme] == []


def test_the_messages_types_are_listed() -> None:
    assert ", ".join(f"`{type_}`" for type_ in PUBLISHED) in ORDERS


def test_the_schema_is_the_models_own() -> None:
    assert (DOCS / "order-message.schema.json").read_text() == schema()


def test_the_consumer_fulfils_each_order_once() -> None:
    source = re.search(r"```python\n(.*?)```", ORDERS, re.DOTALL)
    assert source is not None
    names: dict[str, Callable[..., None]] = {}
    exec(source[1], names)  # noqa: S102  (our own example)
    message = {"id": "ord_1:2", "order_id": "ord_1", "client_reference_id": "cart-77"}
    record: dict[str, Any] = {"body": json.dumps(message)}
    fulfilled: list[tuple[str, str]] = []
    seen: set[str] = set()
    for _ in range(2):
        names["fulfil_each_order_once"](
            {"Records": [record, record]}, seen, lambda *order: fulfilled.append(order)
        )
    assert fulfilled == [("ord_1", "cart-77")]
