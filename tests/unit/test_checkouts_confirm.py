from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from checkout.aws.orders_table import OrdersTable
from checkout.checkouts import Checkouts
from checkout.domain.order import OrderStatus
from checkout.errors import (
    OrdersUnavailable,
    SessionNotFound,
    StripeRefused,
    UnexpectedStripeObject,
)
from checkout.settings import Settings
from checkout.stripe.readers import Readers
from tests.support import creating
from tests.support.aws_calls import AwsCalls, refuses
from tests.support.capturing import captured_separately
from tests.support.environment import Log
from tests.support.fake_stripe import FakeStripe
from tests.support.stack import OTHER_STACK, STACK
from tests.support.stripe_objects import (
    NOW,
    ORDER_ID,
    PAYMENT_INTENT,
    SESSION_ID,
    fact,
    line_item,
    listed,
    payment_intent,
    session,
    session_in,
    session_metadata,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Stored = Callable[[], dict[str, Any] | None]


checkouts = creating.checkouts


def expanded(status: OrderStatus) -> dict[str, Any]:
    """Return a session as the API does, with its PaymentIntent in it."""
    match status:
        case OrderStatus.OPEN:
            return session()
        case OrderStatus.EXPIRED:
            return session_in(status)
        case OrderStatus.PROCESSING:
            return session_in(status, payment_intent=payment_intent("processing"))
        case OrderStatus.FAILED:
            failed = payment_intent("requires_payment_method", declined=True)
            return session_in(status, payment_intent=failed)
        case OrderStatus.AUTHORIZED | OrderStatus.CANCELED:
            complete = OrderStatus.PROCESSING
            return session_in(complete, payment_intent=captured_separately(status))
        case OrderStatus.PAID:
            return session_in(status, payment_intent=payment_intent("succeeded"))


@pytest.mark.parametrize("status", OrderStatus)
def test_updates_the_order_from_stripe(
    checkouts: Checkouts, fake_stripe: FakeStripe, orders: OrdersTable, status: OrderStatus
) -> None:
    orders.record(fact(OrderStatus.OPEN))
    fake_stripe.respond(expanded(status))
    order = checkouts.confirm(SESSION_ID)
    assert order == orders.find(ORDER_ID)
    assert order.status is status
    assert order.checkout.payment_status == ("paid" if status is OrderStatus.PAID else "unpaid")
    started = status not in (OrderStatus.OPEN, OrderStatus.EXPIRED)
    assert order.checkout.payment_intent == (PAYMENT_INTENT if started else None)


@pytest.mark.parametrize("status", OrderStatus)
def test_creates_an_order_that_a_crash_left_out(
    checkouts: Checkouts, fake_stripe: FakeStripe, stored: Stored, status: OrderStatus
) -> None:
    fake_stripe.respond(expanded(status))
    fake_stripe.respond(listed(line_item()))
    checkouts.confirm(SESSION_ID)
    item = stored()
    assert item is not None
    assert item["status"] == status
    assert [one["price"] for one in item["items"]] == ["price_1Mug"]
    assert [(entry["source"], entry["occurred_at"]) for entry in item["history"]] == [
        ("confirm", NOW)
    ]


def test_nothing_to_pay_is_paid(checkouts: Checkouts, fake_stripe: FakeStripe) -> None:
    free = session(status="complete", payment_status="no_payment_required", amount_total=0)
    fake_stripe.respond(free)
    fake_stripe.respond(listed(line_item(amount_total=0)))
    order = checkouts.confirm(SESSION_ID)
    assert (order.status, order.checkout.payment_status) == (
        OrderStatus.PAID,
        "no_payment_required",
    )


@pytest.mark.parametrize("known", [OrderStatus.OPEN, OrderStatus.PAID])
@pytest.mark.parametrize("status", OrderStatus)
def test_costs_one_call_to_stripe_and_one_write(
    checkouts: Checkouts,
    fake_stripe: FakeStripe,
    calls: AwsCalls,
    known: OrderStatus,
    status: OrderStatus,
) -> None:
    checkouts.orders.record(fact(known))
    calls.made.clear()
    fake_stripe.respond(expanded(status))
    checkouts.confirm(SESSION_ID)
    assert fake_stripe.calls == [("get", f"/v1/checkout/sessions/{SESSION_ID}")]
    assert calls.made == ["UpdateItem"]


def test_an_order_that_the_table_lacks_costs_one_more_of_each(
    checkouts: Checkouts, fake_stripe: FakeStripe, calls: AwsCalls
) -> None:
    calls.made.clear()
    fake_stripe.respond(expanded(OrderStatus.PAID))
    fake_stripe.respond(listed(line_item()))
    checkouts.confirm(SESSION_ID)
    path = f"/v1/checkout/sessions/{SESSION_ID}"
    assert fake_stripe.calls == [("get", path), ("get", f"{path}/line_items")]
    assert calls.made == ["UpdateItem", "UpdateItem"]


def test_fetches_the_intent_of_an_unpaid_session(
    checkouts: Checkouts, fake_stripe: FakeStripe
) -> None:
    checkouts.orders.record(fact(OrderStatus.OPEN))
    fake_stripe.respond(session())
    checkouts.confirm(SESSION_ID)
    assert fake_stripe.requests[0].params == {"expand[0]": "payment_intent"}


def test_asking_again_changes_nothing(
    checkouts: Checkouts, fake_stripe: FakeStripe, stored: Stored
) -> None:
    checkouts.orders.record(fact(OrderStatus.OPEN))
    responses = []
    for _ in range(3):
        fake_stripe.respond(expanded(OrderStatus.PAID))
        responses.append((checkouts.confirm(SESSION_ID), stored()))
    assert responses == responses[:1] * 3


def test_a_paid_order_stays_paid_whatever_is_read_later(
    checkouts: Checkouts, fake_stripe: FakeStripe, orders: OrdersTable
) -> None:
    paid = orders.record(fact(OrderStatus.PAID), read_back=True).order
    for status in OrderStatus:
        fake_stripe.respond(expanded(status))
        assert checkouts.confirm(SESSION_ID) == paid


@pytest.mark.parametrize(
    "change",
    [
        {"metadata": session_metadata(checkout_stack=OTHER_STACK)},
        {"metadata": {}},
        {"metadata": None},
        {"metadata": {"order_id": ORDER_ID}},
        {"livemode": True},
    ],
)
def test_a_foreign_session_is_404_and_unwritten(
    checkouts: Checkouts, fake_stripe: FakeStripe, calls: AwsCalls, change: dict[str, object]
) -> None:
    fake_stripe.respond(session_in(OrderStatus.PAID, **change))
    with pytest.raises(SessionNotFound):
        checkouts.confirm(SESSION_ID)
    assert calls.count("UpdateItem") == 0


def test_an_unknown_session_is_not_found(
    checkouts: Checkouts, fake_stripe: FakeStripe, calls: AwsCalls
) -> None:
    fake_stripe.respond_with_error(
        404, type="invalid_request_error", code="resource_missing", param="session"
    )
    with pytest.raises(SessionNotFound):
        checkouts.confirm(SESSION_ID)
    assert calls.count("UpdateItem") == 0


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, {"param": "expand"}),
        (400, {"param": "expand[0]", "code": "parameter_unknown"}),
        (400, {}),
        (404, {}),
        (404, {"code": "url_invalid"}),
        (402, {"code": "resource_missing_somewhere"}),
    ],
)
def test_another_refusal_is_an_error_and_not_an_absence(
    checkouts: Checkouts, fake_stripe: FakeStripe, status: int, error: dict[str, str]
) -> None:
    fake_stripe.respond_with_error(status, None, type="invalid_request_error", **error)
    with pytest.raises(StripeRefused):
        checkouts.confirm(SESSION_ID)


def test_another_session_of_a_known_order_is_not_found(
    checkouts: Checkouts, fake_stripe: FakeStripe, orders: OrdersTable, stored: Stored
) -> None:
    orders.record(fact(OrderStatus.OPEN))
    before = stored()
    fake_stripe.respond(session_in(OrderStatus.PAID, id="cs_test_second"))
    with pytest.raises(SessionNotFound, match=r"^No such session\.$"):
        checkouts.confirm("cs_test_second")
    assert stored() == before


def test_every_not_found_reads_the_same(checkouts: Checkouts, fake_stripe: FakeStripe) -> None:
    fake_stripe.respond(session(livemode=True))
    fake_stripe.respond_with_error(404, type="invalid_request_error", code="resource_missing")
    details = set()
    for session_id in (SESSION_ID, SESSION_ID, "malformed"):
        with pytest.raises(SessionNotFound) as raised:
            checkouts.confirm(session_id)
        details.add(raised.value.detail)
    assert details == {"No such session."}
    assert len(fake_stripe.requests) == 2


def test_a_live_stack_confirms_live_sessions_only(
    checkouts: Checkouts, settings: Settings, fake_stripe: FakeStripe
) -> None:
    recorder = replace(checkouts.recorder, readers=Readers(STACK, livemode=True))
    live = replace(checkouts, settings=replace(settings, mode="live"), recorder=recorder)
    with pytest.raises(SessionNotFound):
        live.confirm(SESSION_ID)
    assert fake_stripe.requests == []
    fake_stripe.respond(session_in(OrderStatus.PAID, id="cs_live_a1", livemode=True))
    fake_stripe.respond(listed(line_item()))
    assert live.confirm("cs_live_a1").status is OrderStatus.PAID


def test_an_order_that_is_not_saved_is_not_confirmed(
    checkouts: Checkouts, fake_stripe: FakeStripe, calls: AwsCalls
) -> None:
    fake_stripe.respond(expanded(OrderStatus.PAID))
    calls.failure = refuses("ThrottlingException")
    with pytest.raises(OrdersUnavailable):
        checkouts.confirm(SESSION_ID)


def test_a_malformed_session_changes_nothing(
    checkouts: Checkouts, fake_stripe: FakeStripe, stored: Stored
) -> None:
    fake_stripe.respond(session(payment_status="maybe", status="complete"))
    with pytest.raises(UnexpectedStripeObject):
        checkouts.confirm(SESSION_ID)
    assert stored() is None


def test_nothing_personal_is_saved_or_logged(
    checkouts: Checkouts, fake_stripe: FakeStripe, dynamodb: "DynamoDBClient", log: Log
) -> None:
    checkouts.orders.record(fact(OrderStatus.OPEN))
    details = {"email": "ada@example.com", "name": "Ada L.", "phone": "+431234"}
    fake_stripe.respond(session_in(OrderStatus.PAID, customer_details=details))
    checkouts.confirm(SESSION_ID)
    saved = str(dynamodb.scan(TableName="orders")["Items"])
    [entry] = log.entries
    assert (entry["order_id"], entry["session_id"]) == (ORDER_ID, SESSION_ID)
    assert entry["outcome"] == "applied"
    for personal in details.values():
        assert personal not in saved
        assert personal not in log.text
