"""What the customer changes on Stripe's page: items, amounts, and the calls that it costs.

Discounts, taxes, shipping, optional items and quantities are known when the session is complete:
https://docs.stripe.com/api/checkout/sessions/object#checkout_session_object-total_details
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkout.deliveries import Deliveries
from checkout.domain.changes import Outcome
from checkout.domain.facts import Origin
from checkout.domain.order import OrderStatus
from checkout.recorder import Recorder
from checkout.stripe.readers import Readers
from tests.support.aws_calls import AwsCalls
from tests.support.capturing import captured_separately
from tests.support.documents import Json
from tests.support.environment import Log
from tests.support.fake_stripe import FakeStripe
from tests.support.stack import STACK, TABLE
from tests.support.streams import records_of
from tests.support.stripe_objects import (
    NOW,
    ORDER_ID,
    SESSION_ID,
    event,
    event_of,
    line_item,
    listed,
    session,
    session_in,
    session_metadata,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Stored = Callable[[], Json | None]

PAID = OrderStatus.PAID
LINE_ITEMS = ("get", f"/v1/checkout/sessions/{SESSION_ID}/line_items")
ORIGIN = Origin(occurred_at=NOW, source="create")
READERS = Readers(STACK, livemode=False)


def totals(discount: int = 0, shipping: int = 0, tax: int = 0) -> Json:
    amounts = {"amount_discount": discount, "amount_shipping": shipping, "amount_tax": tax}
    return {"total_details": amounts, "amount_total": 4200 - discount + shipping + tax}


def completed(**changes: object) -> Json:
    return event_of(PAID, **changes)


def item(dynamodb: "DynamoDBClient") -> Json:
    [found] = dynamodb.scan(TableName=TABLE)["Items"]
    return found


@pytest.fixture
def opened(recorder: Recorder, fake_stripe: FakeStripe, calls: AwsCalls) -> None:
    """Let an order be as a create made it."""
    created = session(line_items=listed(line_item()))
    recorder.record(READERS.session(created, ORIGIN))
    assert fake_stripe.calls == []
    calls.made.clear()


# Calls


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize(
    "changes",
    [
        {},
        # A shop that offers them, and a customer who did not use them.
        {"allow_promotion_codes": True},
        {"automatic_tax": {"enabled": True, "status": "complete"}},
        {"shipping_options": [{"shipping_amount": 490}], **totals(shipping=490)},
    ],
    ids=["ordinary", "no code", "no tax", "shipping"],
)
def test_items_that_are_the_same_cost_no_call(
    deliveries: Deliveries, fake_stripe: FakeStripe, calls: AwsCalls, changes: Json
) -> None:
    assert deliveries.process(completed(**changes)) is Outcome.APPLIED
    assert fake_stripe.calls == []
    assert calls.made == ["UpdateItem"]


@pytest.mark.usefixtures("opened")
@pytest.mark.parametrize(
    "changes",
    [totals(discount=420), totals(tax=798), {"amount_subtotal": 6300, "amount_total": 6300}],
    ids=["promotion code", "tax", "optional item"],
)
def test_items_that_changed_cost_one_call(
    deliveries: Deliveries, fake_stripe: FakeStripe, stored: Stored, changes: Json
) -> None:
    fake_stripe.respond(listed(line_item(quantity=3, amount_total=77)))
    assert deliveries.process(completed(**changes)) is Outcome.APPLIED
    assert fake_stripe.calls == [LINE_ITEMS]
    order = stored()
    assert order is not None
    assert [(one["quantity"], one["amount_total"]) for one in order["items"]] == [(3, 77)]
    assert order["amount_total"] == changes["amount_total"]
    # What comes again finds the order as it is.
    assert deliveries.process(completed(**changes)) is Outcome.DUPLICATE
    assert fake_stripe.calls == [LINE_ITEMS]


SWAPPABLE = pytest.mark.parametrize(
    "changes",
    [
        {"metadata": session_metadata(checkout_adjustable="true")},
        {"optional_items": [{"price": "price_1Gift", "quantity": 1}]},
    ],
    ids=["adjustable quantities", "optional items"],
)


@SWAPPABLE
def test_items_that_may_be_swapped_are_read_at_the_end(
    recorder: Recorder,
    deliveries: Deliveries,
    fake_stripe: FakeStripe,
    stored: Stored,
    changes: Json,
) -> None:
    """Two sizes of a shirt cost the same: no amount shows that the customer changed them."""
    recorder.record(READERS.session(session(line_items=listed(line_item()), **changes), ORIGIN))
    order = stored()
    assert order is not None
    assert (order["status"], "items" in order) == ("open", False)
    fake_stripe.respond(listed(line_item(quantity=1)))
    assert deliveries.process(completed(**changes)) is Outcome.APPLIED
    assert deliveries.process(completed(**changes)) is Outcome.DUPLICATE
    assert fake_stripe.calls == [LINE_ITEMS]
    order = stored()
    assert order is not None
    assert [one["quantity"] for one in order["items"]] == [1]


@SWAPPABLE
@pytest.mark.parametrize("ahead", [(OrderStatus.AUTHORIZED, 1), (PAID, 1), (PAID, 11)], ids=str)
def test_a_payment_that_is_ahead_of_its_session_brings_the_items(
    deliveries: Deliveries,
    fake_stripe: FakeStripe,
    stored: Stored,
    changes: Json,
    ahead: tuple[OrderStatus, int],
) -> None:
    """A session is open for an instant after its payment: nothing can be swapped any more."""
    status, lines = ahead
    deliveries.recorder.record(READERS.session(session(**changes), ORIGIN))
    intent = captured_separately(status)
    some = [line_item()] * lines
    expanded = listed(*some[:10], has_more=lines > 10)
    fake_stripe.respond(listed(session(payment_intent=intent, line_items=expanded, **changes)))
    fake_stripe.respond(listed(*some))
    news = event("payment_intent.amount_capturable_updated", intent)
    assert deliveries.process(news) is Outcome.APPLIED
    order = stored()
    assert order is not None
    assert (order["status"], len(order["items"])) == (status, lines)


# Personal data


PRIVATE: Json = {
    "collected_information": {
        "shipping_details": {
            "name": "Ada Lovelace",
            "address": {"line1": "12 St James's Square", "postal_code": "SW1Y 4JH"},
        },
        "business_name": "Analytical Engines Ltd",
    },
    "custom_fields": [{"key": "engraving", "text": {"value": "To Byron"}, "type": "text"}],
    "customer_details": {
        "email": "ada@example.com",
        "phone": "+442079460000",
        "name": "Ada Lovelace",
        "tax_ids": [{"type": "gb_vat", "value": "GB123456789"}],
        "address": {"line1": "12 St James's Square", "postal_code": "SW1Y 4JH"},
    },
    "customer": "cus_private",
    "invoice": "in_private",
}
SECRETS = (
    *("Lovelace", "ada@", "Square", "SW1Y", "7946", "GB123", "Byron", "engraving"),
    *("Analytical", "cus_", "in_private"),
)


@pytest.mark.usefixtures("opened")
def test_what_the_customer_enters_stays_with_stripe(
    deliveries: Deliveries, fake_stripe: FakeStripe, dynamodb: "DynamoDBClient", log: Log
) -> None:
    fake_stripe.respond(listed(line_item()))
    deliveries.process(completed(**PRIVATE, **totals(discount=420, shipping=490, tax=77)))
    saved = json.dumps(item(dynamodb))
    read = READERS.session(session_in(PAID, line_items=listed(line_item()), **PRIVATE), ORIGIN)
    assert read is not None
    published = json.dumps(records_of(read))
    assert ORDER_ID in saved
    for private in SECRETS:
        assert private not in saved + published + log.text


# Amounts


LINES = st.lists(st.tuples(st.integers(1, 99_999), st.integers(1, 9)), min_size=1, max_size=5)


@given(
    lines=LINES,
    percent_off=st.integers(0, 100),
    shipping=st.integers(0, 2_000),
    percent_tax=st.integers(0, 27),
    inclusive=st.booleans(),
)
def test_amounts_add_up(
    lines: list[tuple[int, int]],
    percent_off: int,
    shipping: int,
    percent_tax: int,
    inclusive: bool,  # noqa: FBT001
) -> None:
    """The order's amounts against a computation of our own, with taxes of both kinds."""
    subtotal = sum(amount * quantity for amount, quantity in lines)
    discount = subtotal * percent_off // 100
    taxed = subtotal - discount + shipping
    included = taxed - taxed * 100 // (100 + percent_tax) if inclusive else 0
    added = 0 if inclusive else taxed * percent_tax // 100
    made = session(
        amount_subtotal=subtotal,
        amount_total=taxed + added,
        total_details={
            "amount_discount": discount,
            "amount_shipping": shipping,
            "amount_tax": included + added,
        },
    )
    read = READERS.session(made, ORIGIN)
    assert read is not None
    order = asdict(read.checkout)
    sum_ = order["amount_subtotal"] - order["amount_discount"] + order["amount_shipping"]
    # What tax the prices do not include: the rest of amount_tax is inside the subtotal.
    assert order["amount_total"] - sum_ == added
    assert order["amount_tax"] - added == included
