"""The webhook's other ways in and out: EventBridge, thin events, what can't be processed."""

import json
from collections.abc import Callable

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import EndpointConnectionError

from checkout import wiring
from checkout.aws.orders_table import OrdersTable
from checkout.domain.order import OrderStatus
from checkout.errors import StripeUnavailable, UnexpectedStripeObject
from tests.support import delivering
from tests.support.aws_calls import AwsCalls, breaks, refuses
from tests.support.documents import Json
from tests.support.environment import Log
from tests.support.fake_stripe import FakeStripe
from tests.support.invocations import (
    Context,
    Handler,
    assert_problem,
    assert_response,
    delivered,
    raw_body,
    sample,
    signed,
    with_body,
)
from tests.support.queues import Queue
from tests.support.starting import forget_parts
from tests.support.stripe_objects import (
    ORDER_ID,
    dispute,
    event,
    event_of,
    expanded,
    fact,
    listed,
    refund,
    session_in,
)

type Stored = Callable[[], Json | None]

PAID = session_in(OrderStatus.PAID)
# What Stripe returns for each, and the change that it makes to a paid order.
CHANGES: dict[str, tuple[list[Json], str]] = {
    "refund_created": ([expanded(refund())], "order.refunded"),
    "refund_failed": ([expanded(refund(status="failed"))], "order.refund_failed"),
    "charge_refunded": ([listed(expanded(refund()))], "order.refunded"),
    "charge_dispute_created": ([expanded(dispute())], "order.dispute_opened"),
    "payment_intent_payment_failed": ([], "order.payment_declined"),
    "thin_refund_created": ([expanded(refund())], "order.refunded"),
}
ENVELOPE = sample("stripe_webhook", "event_bridge")
# Signed, and not as documented.
POISON = event_of(OrderStatus.PAID, amount_total="4200")

handler = delivering.handler
open_order = delivering.open_order
pytestmark = pytest.mark.usefixtures("open_order", "dead_letters")


def delivery(document: Json) -> Json:
    invocation = sample("stripe_webhook", "checkout_session_completed")
    return signed(with_body(invocation, json.dumps(document)))


# What is fetched


@pytest.mark.parametrize("name", CHANGES)
def test_records_what_came_after_the_payment(
    handler: Handler, orders: OrdersTable, fake_stripe: FakeStripe, stored: Stored, name: str
) -> None:
    responses, change = CHANGES[name]
    orders.record(fact(OrderStatus.PAID))
    for response in responses:
        fake_stripe.respond(response)
    responded = assert_response(handler(delivered(name), Context()), 200)
    assert responded == {"received": True, "outcome": "applied"}
    assert len(fake_stripe.requests) == len(responses)
    item = stored()
    assert item is not None
    assert (item["status"], item["change"]["type"]) == ("paid", change)
    sent = json.loads(raw_body(sample("stripe_webhook", name)))
    assert item["change"]["source"] == sent["id"]


@pytest.mark.parametrize("name", CHANGES)
def test_what_came_after_the_payment_leaves_no_personal_data(
    handler: Handler, fake_stripe: FakeStripe, stored: Stored, log: Log, name: str
) -> None:
    wiring.orders().record(fact(OrderStatus.PAID))
    for response in CHANGES[name][0]:
        fake_stripe.respond(response)
    handler(delivered(name), Context())
    assert ORDER_ID in log.text
    for private in ("ada@", "Ada"):
        assert private not in log.text + str(stored())


def test_a_thin_event_is_worth_what_stripe_says_of_its_session(
    handler: Handler, fake_stripe: FakeStripe, stored: Stored
) -> None:
    fake_stripe.respond(PAID)
    response = handler(delivered("thin_checkout_session_completed"), Context())
    assert assert_response(response, 200)["outcome"] == "applied"
    item = stored()
    assert item is not None
    assert item["status"] == "paid"


# EventBridge


def test_records_what_event_bridge_brings(
    handler: Handler, stored: Stored, calls: AwsCalls, log: Log
) -> None:
    assert handler(ENVELOPE, Context()) == {"received": True, "outcome": "applied"}
    assert handler(ENVELOPE, Context()) == {"received": True, "outcome": "duplicate"}
    # No signature, so no secret.
    assert calls.made == ["UpdateItem", "UpdateItem"]
    item = stored()
    assert item is not None
    assert item["status"] == "paid"
    assert {entry["event_id"] for entry in log.entries} == {ENVELOPE["detail"]["id"]}


def test_a_replayed_event_goes_the_same_way(handler: Handler, stored: Stored) -> None:
    replay = {"detail": ENVELOPE["detail"]}
    assert handler(replay, Context()) == {"received": True, "outcome": "applied"}
    assert stored() is not None


@pytest.mark.parametrize("body", [ENVELOPE, ENVELOPE["detail"], {"detail": ENVELOPE["detail"]}])
@pytest.mark.parametrize("name", ["unsigned", "http_api"])
def test_the_same_document_over_http_is_refused_without_a_signature(
    handler: Handler, stored: Stored, body: Json, name: str
) -> None:
    before = stored()
    invocation = with_body(sample("stripe_webhook", name), json.dumps(body))
    assert_problem(handler(invocation, Context()), 400, "not-authentic")
    # Not even where a request could bring a field of that name.
    passing = invocation | {"detail": ENVELOPE["detail"]}
    assert_problem(handler(passing, Context()), 400, "not-authentic")
    assert stored() == before


@pytest.mark.parametrize(
    ("document", "error"),
    [(POISON, UnexpectedStripeObject), (event("refund.created", refund()), StripeUnavailable)],
)
def test_what_event_bridge_brings_is_lambdas_to_retry(
    handler: Handler, fake_stripe: FakeStripe, queue: Queue, document: Json, error: type[Exception]
) -> None:
    for _ in range(2):
        fake_stripe.break_connection()
    with pytest.raises(error):
        handler(ENVELOPE | {"detail": document}, Context())
    assert queue.receive() == []


# What can't be processed


def test_a_poisonous_event_is_dead_lettered_with_its_error(
    handler: Handler, queue: Queue, stored: Stored
) -> None:
    before = stored()
    assert_problem(handler(delivery(POISON), Context()), 500, "internal-error")
    assert stored() == before
    (sent,) = queue.receive()
    assert sent["requestPayload"] == {"detail": POISON}
    assert sent["responsePayload"]["errorType"] == "UnexpectedStripeObject"
    assert sent["responsePayload"]["errorMessage"]
    # Once it is repaired, it is sent through the same function.
    repaired = {"detail": POISON | {"data": {"object": PAID}}}
    assert handler(repaired, Context())["outcome"] == "applied"


def test_an_event_that_meets_a_bug_is_dead_lettered(
    handler: Handler, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(type(wiring.orders()), "record", broken)
    document = event_of(OrderStatus.PAID)
    assert_problem(handler(delivery(document), Context()), 500, "internal-error")
    (sent,) = queue.receive()
    assert sent == {
        "requestPayload": {"detail": document},
        "responsePayload": {"errorType": "ZeroDivisionError", "errorMessage": "a bug"},
    }


@pytest.mark.parametrize("service", ["dynamodb", "secretsmanager"])
def test_what_a_retry_helps_is_not_dead_lettered(
    handler: Handler, queue: Queue, calls: AwsCalls, stored: Stored, service: str
) -> None:
    def fail(request: AWSPreparedRequest) -> AWSResponse | None:
        return refuses("ThrottlingException")(request) if service in request.url else None

    calls.failure = fail  # type: ignore[assignment]
    response = handler(delivered("checkout_session_completed"), Context())
    assert response["statusCode"] in (500, 503)
    calls.failure = None
    assert queue.receive() == []
    # Another container: this one does not read a secret again at once.
    forget_parts()
    assert_response(handler(delivered("checkout_session_completed"), Context()), 200)
    assert stored() is not None


def test_a_stripe_outage_is_not_dead_lettered(
    handler: Handler, queue: Queue, orders: OrdersTable, fake_stripe: FakeStripe
) -> None:
    orders.record(fact(OrderStatus.PAID))
    fake_stripe.respond_with_error(429, message="Slow down.", type="invalid_request_error")
    response = handler(delivered("refund_created"), Context())
    assert response["statusCode"] == 503
    for _ in range(2):
        fake_stripe.break_connection()
    response = handler(delivered("refund_created"), Context())
    assert response["statusCode"] >= 500
    assert queue.receive() == []
    fake_stripe.respond(expanded(refund()))
    assert_response(handler(delivered("refund_created"), Context()), 200)


def test_what_is_not_authentic_is_not_dead_lettered(handler: Handler, queue: Queue) -> None:
    assert_problem(handler(sample("stripe_webhook", "unsigned"), Context()), 400, "not-authentic")
    assert queue.receive() == []


def test_stripe_retries_what_the_queue_did_not_take(
    handler: Handler, calls: AwsCalls, log: Log
) -> None:
    no_route = breaks(EndpointConnectionError(endpoint_url="https://sqs"))

    def fail(request: AWSPreparedRequest) -> AWSResponse | None:
        return no_route(request) if "sqs" in request.url else None

    calls.failure = fail  # type: ignore[assignment]
    assert_problem(handler(delivery(POISON), Context()), 500, "internal-error")
    assert [entry["message"] for entry in log.entries] == ["not dead-lettered", "refused"]
    assert "SendMessage" in calls.made


def test_stripe_retries_what_has_no_queue(
    handler: Handler, environment: pytest.MonkeyPatch
) -> None:
    environment.delenv("UNPROCESSED_EVENTS_QUEUE_URL")
    assert_problem(handler(delivery(POISON), Context()), 500, "internal-error")
