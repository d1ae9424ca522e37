"""The samples of payments that are captured by hand, as they are delivered."""

from typing import TYPE_CHECKING

import pytest

from tests.support import delivering
from tests.support.capturing import AUTHORIZED, CANCELED, PAID, captured_separately, complete
from tests.support.delivering import outcome, statuses
from tests.support.documents import Json
from tests.support.environment import Log
from tests.support.fake_stripe import FakeStripe
from tests.support.invocations import Context, Handler, delivered
from tests.support.stripe_objects import ORDER_ID, listed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# What Stripe responds, and the status of the order then.
SAMPLES: dict[str, tuple[list[Json], str]] = {
    "payment_intent_amount_capturable_updated": ([listed(complete(AUTHORIZED))], "authorized"),
    "payment_intent_captured": ([listed(complete(PAID, 700))], "paid"),
    "payment_intent_canceled": ([listed(complete(CANCELED))], "canceled"),
    "charge_captured": ([listed(complete(PAID, 700))], "paid"),
    "thin_payment_intent_amount_capturable_updated": (
        [captured_separately(AUTHORIZED), listed(complete(AUTHORIZED))],
        "authorized",
    ),
}

handler = delivering.handler
open_order = delivering.open_order
pytestmark = pytest.mark.usefixtures("open_order")


@pytest.mark.parametrize("name", SAMPLES)
def test_records_what_became_of_an_authorization(
    handler: Handler, dynamodb: "DynamoDBClient", fake_stripe: FakeStripe, log: Log, name: str
) -> None:
    responses, status = SAMPLES[name]
    for response in responses:
        fake_stripe.respond(response)
    assert outcome(handler(delivered(name), Context())) == "applied"
    assert statuses(dynamodb) == {ORDER_ID: status}
    assert len(fake_stripe.requests) == len(responses)
    assert "ada@" not in log.text
