import json
from typing import TYPE_CHECKING

import pytest

from checkout.domain.order import OrderStatus
from tests.support.aws_calls import AwsCalls, refuses
from tests.support.documents import Json
from tests.support.environment import Log, Secret
from tests.support.fake_stripe import FakeStripe
from tests.support.handlers import handler_of
from tests.support.invocations import (
    REQUEST_ID,
    Context,
    Handler,
    assert_problem,
    assert_response,
    sample,
    sample_names,
)
from tests.support.open_order import put_open_order
from tests.support.stack import API_KEY, OTHER_STACK, SIGNING_SECRET, TABLE
from tests.support.stripe_objects import (
    ORDER_ID,
    SESSION_ID,
    payment_intent,
    session,
    session_in,
    session_metadata,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


handler = handler_of("confirm_payment")


@pytest.fixture(autouse=True)
def created(dynamodb: "DynamoDBClient") -> None:
    """The order, as its creation left it."""
    put_open_order(dynamodb)


@pytest.fixture
def confirm() -> Json:
    return sample("confirm_payment", "session")


def of_session(confirm: Json, session_id: str) -> Json:
    return confirm | {"pathParameters": {"session_id": session_id}}


def test_the_samples_are_these() -> None:
    assert sample_names("confirm_payment") == {"session"}


@pytest.mark.parametrize(
    ("known", "status"),
    [
        (session(), "open"),
        (session_in(OrderStatus.PAID), "paid"),
        (session_in(OrderStatus.PAID, payment_status="no_payment_required"), "paid"),
        (
            session_in(OrderStatus.PROCESSING, payment_intent=payment_intent("processing")),
            "processing",
        ),
        (
            session_in(
                OrderStatus.FAILED,
                payment_intent=payment_intent("requires_payment_method", declined=True),
            ),
            "failed",
        ),
        (session_in(OrderStatus.EXPIRED), "expired"),
    ],
    ids=["open", "paid", "free", "processing", "failed", "expired"],
)
def test_returns_the_result_of_the_payment(
    handler: Handler, confirm: Json, fake_stripe: FakeStripe, known: Json, status: str
) -> None:
    fake_stripe.respond(known)
    assert assert_response(handler(confirm, Context()), 200) == {
        "order_id": ORDER_ID,
        "session_id": SESSION_ID,
        "status": status,
        "payment_status": known["payment_status"],
        "amount_total": 4200,
        "amount_refunded": 0,
        "currency": "eur",
    }


def test_costs_one_call_to_stripe_and_one_write(
    handler: Handler, confirm: Json, fake_stripe: FakeStripe, calls: AwsCalls
) -> None:
    fake_stripe.respond(session_in(OrderStatus.PAID))
    handler(confirm, Context())
    (request,) = fake_stripe.requests
    assert (request.method, request.path) == ("get", f"/v1/checkout/sessions/{SESSION_ID}")
    assert request.params == {"expand[0]": "payment_intent"}
    assert request.api_key == API_KEY
    assert calls.made == ["GetSecretValue", "UpdateItem"]


def test_confirming_again_responds_the_same(
    handler: Handler, confirm: Json, fake_stripe: FakeStripe, calls: AwsCalls
) -> None:
    for _ in range(2):
        fake_stripe.respond(session_in(OrderStatus.PAID))
    first, second = (assert_response(handler(confirm, Context()), 200) for _ in range(2))
    assert first == second
    assert calls.count("UpdateItem") == 2
    assert calls.count("GetSecretValue") == 1


def test_a_paid_order_stays_paid(handler: Handler, confirm: Json, fake_stripe: FakeStripe) -> None:
    fake_stripe.respond(session_in(OrderStatus.PAID))
    fake_stripe.respond(session())
    handler(confirm, Context())
    assert assert_response(handler(confirm, Context()), 200)["status"] == "paid"


@pytest.mark.parametrize(
    "session_id",
    [
        "",
        "cs_live_a1B2c3",
        "cs_test_",
        "cs_test_../../v1/refunds",
        "cs_test_a?b",
        "sess_1",
        "cs_te",
    ],
)
def test_a_malformed_session_is_not_found_and_stripe_not_asked(
    handler: Handler, confirm: Json, fake_stripe: FakeStripe, session_id: str
) -> None:
    response = handler(of_session(confirm, session_id), Context())
    assert_problem(response, 404, "session-not-found")
    assert fake_stripe.requests == []


@pytest.mark.parametrize(
    "foreign",
    [
        session(metadata={}),
        session(metadata=None),
        session(metadata=session_metadata(checkout_stack=OTHER_STACK)),
        session(metadata=session_metadata(order_id="")),
        session(livemode=True),
    ],
    ids=["unmarked", "no metadata", "another stack", "no order", "the other mode"],
)
def test_a_foreign_session_is_404_and_unwritten(
    handler: Handler,
    confirm: Json,
    fake_stripe: FakeStripe,
    calls: AwsCalls,
    foreign: Json,
) -> None:
    fake_stripe.respond(foreign)
    theirs = handler(confirm, Context())
    fake_stripe.respond_with_error(
        404,
        type="invalid_request_error",
        code="resource_missing",
        param="session",
        message="No such checkout.session",
    )
    unknown = handler(confirm, Context())
    assert_problem(theirs, 404, "session-not-found")
    assert theirs == unknown
    assert "UpdateItem" not in calls.made


def test_another_session_of_a_known_order_is_not_found(
    handler: Handler, confirm: Json, fake_stripe: FakeStripe
) -> None:
    fake_stripe.respond(session_in(OrderStatus.PAID))
    handler(confirm, Context())
    fake_stripe.respond(session_in(OrderStatus.PAID, id="cs_test_second"))
    response = handler(of_session(confirm, "cs_test_second"), Context())
    assert_problem(response, 404, "session-not-found")


def test_a_silent_stripe_is_a_bad_gateway(
    handler: Handler, confirm: Json, fake_stripe: FakeStripe
) -> None:
    fake_stripe.break_connection()
    fake_stripe.break_connection()
    assert_problem(handler(confirm, Context()), 502, "stripe-unavailable")


def test_a_broken_stripe_is_a_bad_gateway(
    handler: Handler, confirm: Json, fake_stripe: FakeStripe
) -> None:
    for _ in range(2):
        fake_stripe.respond_with_error(500, type="api_error", message="Oops")
    assert_problem(handler(confirm, Context()), 502, "stripe-unavailable")
    assert len(fake_stripe.requests) == 2


def test_a_refusal_that_is_no_absence_is_an_internal_error(
    handler: Handler, confirm: Json, fake_stripe: FakeStripe
) -> None:
    fake_stripe.respond_with_error(400, type="invalid_request_error", param="expand", message="No.")
    assert_problem(handler(confirm, Context()), 500, "internal-error")


def test_a_rate_limit_has_a_retry_after(
    handler: Handler, confirm: Json, fake_stripe: FakeStripe
) -> None:
    fake_stripe.respond_with_error(429, type="rate_limit_error", message="Too many requests")
    response = handler(confirm, Context())
    assert_problem(response, 503, "rate-limited")
    assert response["headers"]["retry-after"] == "2"


def test_a_table_that_does_not_respond_is_unavailable(
    handler: Handler, confirm: Json, fake_stripe: FakeStripe, calls: AwsCalls
) -> None:
    for _ in range(2):
        fake_stripe.respond(session())
    handler(confirm, Context())
    calls.failure = refuses("AccessDeniedException")
    response = handler(confirm, Context())
    assert_problem(response, 503, "orders-unavailable")
    assert response["headers"]["retry-after"] == "2"


def test_a_session_that_is_not_as_documented_is_an_internal_error(
    handler: Handler, confirm: Json, fake_stripe: FakeStripe, log: Log
) -> None:
    fake_stripe.respond(session(amount_total=None))
    assert_problem(handler(confirm, Context()), 500, "internal-error")
    (entry,) = log.entries
    assert entry["level"] == "ERROR"
    assert "malformed" in entry["reason"]


def test_a_bad_secret_is_named_in_the_log(
    handler: Handler, confirm: Json, secret: Secret, log: Log
) -> None:
    secret.put({"stripe_api_key": "sk_live_leaked", "webhook_signing_secrets": [SIGNING_SECRET]})
    problem = assert_problem(handler(confirm, Context()), 500, "internal-error")
    assert "stripe_api_key" not in json.dumps(problem)
    (entry,) = log.entries
    assert (entry["level"], entry["status"]) == ("ERROR", 500)
    assert "stripe_api_key" in entry["reason"]
    assert "sk_live_leaked" not in log.text


def test_a_bug_gets_a_response_and_is_logged(handler: Handler, confirm: Json, log: Log) -> None:
    del confirm["pathParameters"]
    assert_problem(handler(confirm, Context()), 500, "internal-error")
    (entry,) = log.entries
    assert (entry["level"], entry["error"]) == ("ERROR", "KeyError")


def test_the_log_has_ids_and_no_personal_data(
    handler: Handler, confirm: Json, fake_stripe: FakeStripe, dynamodb: "DynamoDBClient", log: Log
) -> None:
    fake_stripe.respond(session_in(OrderStatus.PAID))
    response = handler(confirm, Context())
    (entry,) = log.entries
    assert entry["message"] == "recorded"
    assert entry["function_request_id"] == REQUEST_ID
    assert entry["order_id"] == ORDER_ID
    assert entry["session_id"] == SESSION_ID
    assert entry["outcome"] == "applied"
    stored = json.dumps(dynamodb.scan(TableName=TABLE)["Items"])
    for private in ("ada@", "shop.example", API_KEY, SIGNING_SECRET):
        assert private not in log.text + response["body"] + stored
