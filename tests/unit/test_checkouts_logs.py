"""What an operator finds about a checkout: ids in the log, and sources in the order's history."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from checkout.api.http import Response, returns_problems
from checkout.checkouts import Checkouts
from checkout.domain.facts import Origin
from checkout.domain.order import OrderStatus
from checkout.log import logger
from tests.support import creating
from tests.support.aws_calls import AwsCalls, refuses
from tests.support.creating import PRICE, CreatingStripe, by_price, expire, request
from tests.support.documents import Json
from tests.support.environment import Log
from tests.support.stack import TABLE
from tests.support.stripe_objects import NOW, PAYMENT_INTENT

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

fake_stripe = creating.fake_stripe
checkouts = creating.checkouts

KEY = "cart-77-attempt-1"
REQUEST = request(*by_price(PRICE, quantity=2))
ANOTHER = request(*by_price(PRICE, quantity=3))
PAID = {
    "status": "complete",
    "url": None,
    "payment_status": "paid",
    "payment_intent": PAYMENT_INTENT,
}


def refusal(log: Log, status: int, act: Callable[[], object]) -> tuple[str | None, str | None]:
    """Do what is refused; return the order and the session that the log names for it."""

    @returns_problems
    def handler(event: Json, context: LambdaContext) -> Response:
        act()
        return {}

    logger.clear_state()  # as for each invocation
    assert handler({}, LambdaContext())["statusCode"] == status
    entry = log.entries[-1]
    assert (entry["message"], entry["status"]) == ("refused", status)
    return entry.get("order_id"), entry.get("session_id")


def last_change(dynamodb: "DynamoDBClient", order_id: str) -> tuple[str, str, str]:
    key = {"order_id": {"S": order_id}}
    item = dynamodb.get_item(TableName=TABLE, Key=key)["Item"]
    change = item["history"]["L"][-1]["M"]
    return change["type"]["S"], change["source"]["S"], change["occurred_at"]["N"]


def test_before_a_session_exists_the_log_names_the_order(
    checkouts: Checkouts, fake_stripe: CreatingStripe, log: Log
) -> None:
    fake_stripe.fail_at = creating.CREATE
    order_id, session_id = refusal(log, 502, lambda: checkouts.create(REQUEST, KEY))
    assert session_id is None
    fake_stripe.fail_at = None
    assert checkouts.create(REQUEST, KEY).order_id == order_id


def test_an_unsaved_order_is_logged_with_its_session(
    checkouts: Checkouts, calls: AwsCalls, log: Log
) -> None:
    calls.failure = refuses("InternalServerError", status=500)
    ids = refusal(log, 503, lambda: checkouts.create(REQUEST, KEY))
    calls.failure = None
    started = checkouts.create(REQUEST, KEY)
    assert ids == (started.order_id, started.session_id)


def test_an_unconfirmed_order_is_logged_with_its_session(
    checkouts: Checkouts, calls: AwsCalls, log: Log
) -> None:
    started = checkouts.create(REQUEST, KEY)
    calls.failure = refuses("InternalServerError", status=500)
    ids = refusal(log, 503, lambda: checkouts.confirm(started.session_id))
    assert ids == (started.order_id, started.session_id)


def test_a_reused_key_is_logged_with_the_order_that_has_it(
    checkouts: Checkouts, fake_stripe: CreatingStripe, log: Log
) -> None:
    """A refused session can leave an expired order: the key then has the next order id."""
    fake_stripe.change(PRICE, metadata={})
    creating.refusal(checkouts, REQUEST, KEY)
    recorder, expired = checkouts.recorder, fake_stripe.sessions["cs_test_1"]
    origin = Origin(occurred_at=NOW, source="evt_expired")
    recorder.record(recorder.readers.session(expired, origin))
    fake_stripe.change(PRICE, metadata={"sellable": "true"})
    started = checkouts.create(REQUEST, KEY)
    ids = refusal(log, 422, lambda: checkouts.create(ANOTHER, KEY))
    assert ids == (started.order_id, started.session_id)


@pytest.mark.parametrize("became", [OrderStatus.PAID, OrderStatus.EXPIRED])
def test_a_late_retry_is_the_source_of_what_it_records(
    checkouts: Checkouts,
    fake_stripe: CreatingStripe,
    dynamodb: "DynamoDBClient",
    log: Log,
    became: OrderStatus,
) -> None:
    started = checkouts.create(REQUEST, KEY)
    assert last_change(dynamodb, started.order_id) == ("order.created", "create", str(NOW))
    state = PAID if became is OrderStatus.PAID else {"status": "expired"}
    fake_stripe.sessions[started.session_id] |= state
    fake_stripe.keys.clear()
    later = replace(checkouts, now=lambda: NOW + 86_400.5)
    assert later.create(REQUEST, KEY).status is became
    assert last_change(dynamodb, started.order_id) == (
        f"order.{became}",
        "create",
        str(NOW + 86_400),
    )
    # The second session, of the forgotten key, is no longer what the request is about.
    assert log.entries[-1]["session_id"] == started.session_id


def test_a_new_cart_is_the_source_of_the_old_ones_expiry(
    checkouts: Checkouts, fake_stripe: CreatingStripe, dynamodb: "DynamoDBClient"
) -> None:
    started = checkouts.create(REQUEST, None)
    checkouts.create(request(replaces=started.session_id), None)
    assert fake_stripe.calls[-1] == expire(1)
    assert last_change(dynamodb, started.order_id) == ("order.expired", "create", str(NOW))
