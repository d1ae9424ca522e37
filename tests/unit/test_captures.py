"""Events of payments that are captured by hand: what they do to an order, and what they cost."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from checkout.aws.orders_table import OrdersTable
from checkout.deliveries import Deliveries
from checkout.domain.changes import Outcome
from checkout.domain.order import OrderStatus
from tests.support.aws_calls import AwsCalls
from tests.support.capturing import (
    AUTHORIZED,
    CANCELED,
    EVENTS,
    PAID,
    captured_separately,
    complete,
    news,
)
from tests.support.documents import Json
from tests.support.fake_stripe import FakeStripe
from tests.support.stack import OTHER_STACK
from tests.support.stripe_objects import (
    CHARGE,
    PAYMENT_INTENT,
    charge,
    event,
    event_of,
    fact,
    listed,
    payment_intent,
    payment_metadata,
    session_in,
    session_metadata,
    thin_event,
)

SESSIONS_CALL = ("get", "/v1/checkout/sessions")
PAYMENT_CALL = ("get", f"/v1/payment_intents/{PAYMENT_INTENT}")
CHARGE_CALL = ("get", f"/v1/charges/{CHARGE}")
PAYMENT_EVENTS = [one for one in EVENTS if one.startswith("payment_intent.")]
EACH_EVENT = pytest.mark.parametrize("event_type", EVENTS)
OTHER_ORDER = "ord_ffffffffffffffffffffffffffffffff"


@dataclass(frozen=True)
class Shop:
    """The way of a delivery, with Stripe and the table around it."""

    deliver: Callable[[Json], Outcome]
    orders: OrdersTable
    stripe: FakeStripe
    calls: AwsCalls
    stored: Callable[[], Json | None]

    def order(self) -> Json:
        item = self.stored()
        assert item is not None
        return item

    def of_table(self) -> list[str]:
        return [made for made in self.calls.made if made != "GetSecretValue"]


@pytest.fixture
def shop(
    deliveries: Deliveries,
    orders: OrdersTable,
    fake_stripe: FakeStripe,
    calls: AwsCalls,
    stored: Callable[[], Json | None],
) -> Shop:
    """Let an order be open."""
    orders.record(fact(OrderStatus.OPEN))
    calls.made.clear()
    return Shop(deliveries.process, orders, fake_stripe, calls, stored)


@pytest.mark.parametrize("form", ["snapshot", "thin"])
@EACH_EVENT
def test_an_event_of_a_capture_costs_one_call_and_one_write(
    shop: Shop, event_type: str, form: str
) -> None:
    """Also where it comes before the session's own, and the order knows no payment yet."""
    status, received = EVENTS[event_type]
    stripe_object = news(event_type)
    document = event(event_type, stripe_object)
    if form == "thin":
        document = thin_event(event_type, stripe_object["id"])
        shop.stripe.respond(stripe_object)
    shop.stripe.respond(listed(complete(status, received)))
    assert shop.deliver(document) is Outcome.APPLIED
    fetched = CHARGE_CALL if event_type == "charge.captured" else PAYMENT_CALL
    assert shop.stripe.calls == [fetched, SESSIONS_CALL][form == "snapshot" :]
    assert shop.stripe.requests[-1].params["payment_intent"] == PAYMENT_INTENT
    assert shop.of_table() == ["UpdateItem"]
    item = shop.order()
    assert (item["status"], item["amount_captured"]) == (status, received)
    assert item["change"]["type"] == f"order.{status}"
    assert ("pending_shard" in item) == (status is AUTHORIZED)


@pytest.mark.parametrize("event_type", PAYMENT_EVENTS)
@pytest.mark.parametrize("metadata", [payment_metadata(), {}, {"order_id": "SO-10023"}], ids=str)
def test_an_ordinary_payment_costs_nothing(shop: Shop, event_type: str, metadata: Json) -> None:
    intent = payment_intent("succeeded", metadata=metadata)
    assert shop.deliver(event(event_type, intent)) is Outcome.IGNORED
    assert (shop.stripe.calls, shop.calls.made) == ([], [])


@EACH_EVENT
@pytest.mark.parametrize("metadata", [{}, None, payment_metadata(checkout_stack=OTHER_STACK)])
def test_a_foreign_capture_costs_a_query(
    shop: Shop, event_type: str, metadata: Json | None
) -> None:
    document = event(event_type, news(event_type, metadata=metadata))
    assert shop.deliver(document) is Outcome.IGNORED
    assert (shop.stripe.calls, shop.calls.made) == ([], ["Query"])


def test_a_charge_without_a_payment_intent_is_ignored(shop: Shop) -> None:
    document = event("charge.captured", charge(payment_intent=None))
    assert shop.deliver(document) is Outcome.IGNORED
    assert shop.calls.made == []


def test_a_partial_capture_is_paid_once(shop: Shop) -> None:
    shop.deliver(event_of(OrderStatus.PROCESSING))
    outcomes = []
    for event_type, (status, received) in EVENTS.items():
        if event_type != "payment_intent.canceled":
            shop.stripe.respond(listed(complete(status, received)))
            outcomes.append(shop.deliver(event(event_type, news(event_type))))
    assert outcomes == [Outcome.APPLIED, Outcome.APPLIED, Outcome.DUPLICATE]
    item = shop.order()
    assert [entry["type"] for entry in item["history"]] == [
        "order.created",
        "order.processing",
        "order.authorized",
        "order.paid",
    ]
    assert (item["amount_total"], item["amount_captured"]) == (4200, 700)


def test_a_late_event_records_what_the_payment_is_now(shop: Shop) -> None:
    shop.stripe.respond(listed(complete(PAID, 700)))
    late = "payment_intent.amount_capturable_updated"
    assert shop.deliver(event(late, news(late))) is Outcome.APPLIED
    item = shop.order()
    assert (item["status"], item["amount_captured"]) == ("paid", 700)


def test_the_payment_of_an_expired_session_cancels_no_order(shop: Shop) -> None:
    canceled = captured_separately(CANCELED)
    shop.stripe.respond(listed(session_in(OrderStatus.EXPIRED, payment_intent=canceled)))
    shop.deliver(event("payment_intent.canceled", canceled))
    item = shop.order()
    assert item["status"] == "expired"


def test_a_snapshot_of_the_paid_session_hides_no_partial_capture(shop: Shop) -> None:
    """It names no amount: until one is known, all of a paid order counts as captured."""
    shop.orders.record(fact(AUTHORIZED))
    assert shop.deliver(event_of(PAID)) is Outcome.APPLIED
    item = shop.order()
    assert "amount_captured" not in item
    shop.stripe.respond(listed(complete(PAID, 700)))
    succeeded = event("payment_intent.succeeded", news("payment_intent.succeeded"))
    assert shop.deliver(succeeded) is Outcome.APPLIED
    assert shop.deliver(event_of(PAID)) is Outcome.DUPLICATE
    item = shop.order()
    assert (item["amount_captured"], item["change"]["type"]) == (700, "order.captured")


# Whose payment it is


@EACH_EVENT
@pytest.mark.parametrize(
    "metadata", [{}, session_metadata(order_id=OTHER_ORDER), session_metadata(order_id="SO-1")]
)
def test_the_order_that_recorded_the_payment_owns_the_capture(
    shop: Shop, event_type: str, metadata: Json
) -> None:
    """Whatever somebody wrote into the metadata of the session and of the payment."""
    shop.orders.record(fact(OrderStatus.PROCESSING))
    other = fact(OrderStatus.OPEN, order_id=OTHER_ORDER, session_id="cs_test_other")
    shop.orders.record(other)
    status, received = EVENTS[event_type]
    shop.stripe.respond(listed(complete(status, received, metadata=metadata)))
    marked = payment_metadata(order_id=OTHER_ORDER) if metadata else {}
    document = event(event_type, news(event_type, metadata=marked))
    assert shop.deliver(document) is Outcome.APPLIED
    item = shop.order()
    assert (item["status"], item["amount_captured"]) == (status, received)
    untouched = shop.orders.find(OTHER_ORDER)
    assert untouched is not None
    assert (untouched.status, untouched.version) == (OrderStatus.OPEN, 1)


@pytest.mark.parametrize("found", [[], [complete(AUTHORIZED, metadata={})]], ids=["none", "other"])
def test_a_mark_that_no_session_confirms_is_ignored(shop: Shop, found: list[Json]) -> None:
    shop.stripe.respond(listed(*found))
    document = event("payment_intent.succeeded", news("payment_intent.succeeded"))
    assert shop.deliver(document) is Outcome.IGNORED
    assert shop.order()["version"] == 1
