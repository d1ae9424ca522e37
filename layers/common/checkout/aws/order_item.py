"""Converts orders to and from table items: the only module that knows their attributes.

The fields of CheckoutState are attributes of the same names. Each kind of part is a map by Stripe's
id, beside its summary (`amount_refunded`, `dispute_status`, `dispute_reason`).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from typing import Any

from checkout.aws.attributes import Attributes, from_attribute
from checkout.domain.changes import ChangeType
from checkout.domain.order import CheckoutState, Order, OrderItem, OrderStatus
from checkout.domain.parts import KINDS, Part, Parts
from checkout.errors import OrderUnreadable

CHECKOUT_FIELDS = tuple(field.name for field in fields(CheckoutState))
ITEM_FIELDS = tuple(field.name for field in fields(OrderItem))
# A new order has these, so that its first part can be written without reading the order.
EMPTY: dict[str, Any] = {
    name: value for kind in KINDS for name, value in ({kind.name: {}} | kind.summary({})).items()
}
READ = (*CHECKOUT_FIELDS, *(kind.name for kind in KINDS), "order_id", "version")


def checkout_attributes(checkout: CheckoutState) -> dict[str, Any]:
    """Return the attributes of a session; unknown ones are left out, so that none is erased."""
    return {name: value for name, value in asdict(checkout).items() if value is not None}


def parts_attributes(kind: type[Part], parts: Parts) -> dict[str, Any]:
    stored = {part_id: asdict(part) for part_id, part in parts.items()}  # type: ignore[call-overload]
    return {kind.name: stored} | kind.summary(parts)


@dataclass(frozen=True, slots=True)
class ChangeRecord:
    """The latest change of an order, as its write recorded it; seconds since 1970 UTC."""

    type: ChangeType
    occurred_at: int


def change_from_item(item: Attributes) -> ChangeRecord:
    """Read the latest change of an order; raise OrderUnreadable."""
    with _readable():
        change = from_attribute(item["change"])
        return _typed(
            ChangeRecord, type=ChangeType(change["type"]), occurred_at=change["occurred_at"]
        )


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One change of an order; seconds since 1970 UTC.

    `source` is the id of the event that caused it, or the caller of Stripe's API (Origin in
    domain/facts.py).
    """

    type: str
    occurred_at: int
    source: str
    recorded_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredOrder:
    """An order with the rest of its item; `image` is the item in the stream's format.

    `updated_at` is in seconds since 1970 UTC.
    """

    order: Order
    change: ChangeRecord
    history: tuple[HistoryEntry, ...]
    updated_at: int
    image: Attributes


def stored_from_item(item: Attributes) -> StoredOrder:
    """Read a stored order with its history; raise OrderUnreadable."""
    order, change = order_from_item(item), change_from_item(item)
    with _readable():
        history = from_attribute(item["history"])
        return StoredOrder(
            order=order,
            change=change,
            history=tuple(_typed(HistoryEntry, **entry) for entry in history),
            updated_at=_of_type(int, from_attribute(item["updated_at"])),
            image=item,
        )


def order_from_item(item: Attributes) -> Order:
    """Read a stored order; raise OrderUnreadable if this version does not understand it.

    Newer attributes may be missing, and unknown ones are ignored: during a gradual deployment two
    versions write the same orders.
    """
    with _readable():
        stored = {name: from_attribute(item[name]) for name in READ if name in item}
        known = {name: stored[name] for name in CHECKOUT_FIELDS if name in stored}
        known["status"] = OrderStatus(known["status"])
        if "items" in known:
            known["items"] = tuple(_item(one) for one in known["items"])
        return Order(
            order_id=_of_type(str, stored["order_id"]),
            checkout=_typed(CheckoutState, **known),
            version=_of_type(int, stored["version"]),
            parts={kind: _parts(kind, stored.get(kind.name, {})) for kind in KINDS},
            sources=_sources(item),
        )


def _sources(item: Attributes) -> frozenset[str]:
    """Read the sources of the changes; skip malformed history entries, which only people read."""
    entries = [entry.get("M", {}) for entry in item.get("history", {}).get("L", [])]
    return frozenset(entry["source"]["S"] for entry in entries if "S" in entry.get("source", {}))


def _item(stored: Mapping[str, Any]) -> OrderItem:
    return _typed(OrderItem, **{name: stored[name] for name in ITEM_FIELDS if name in stored})


def _parts(kind: type[Part], stored: Mapping[str, Any]) -> Parts:
    """Read parts; refuse fields of a later version, because the next write would drop them."""
    return {part_id: _typed(kind, **one) for part_id, one in stored.items()}


def _typed[T](kind: type[T], **values: Any) -> T:  # noqa: ANN401  (whatever was stored)
    """Make a dataclass from stored values; raise TypeError for a value of the wrong type.

    Otherwise arithmetic would fail far from here, or a message would publish the value.
    """
    for field in fields(kind):  # type: ignore[arg-type]
        if field.name in values and not isinstance(values[field.name], tuple):
            _of_type(field.type, values[field.name])
    return kind(**values)


def _of_type(expected: Any, value: Any) -> Any:  # noqa: ANN401  (whatever was stored)
    if not isinstance(value, expected):
        raise TypeError(f"{type(value).__name__} where {expected} is stored")
    return value


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise OrderUnreadable(f"The stored order can't be read: {error!r}.") from None
