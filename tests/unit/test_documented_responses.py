"""Each response that openapi.yaml documents is one that a handler gives.

That each response is one that it documents, `handler_of` checks in every test of a handler. 429 is
API Gateway's own.
"""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from checkout.domain.order import OrderStatus
from tests.support import contract, creating
from tests.support.aws_calls import AwsCalls, refuses
from tests.support.creating import CreatingStripe
from tests.support.documents import Json
from tests.support.environment import Secret
from tests.support.handlers import as_documented
from tests.support.invocations import Context, delivered, sample, with_body, with_headers
from tests.support.open_order import put_open_order
from tests.support.stripe_objects import session_in

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

fake_stripe = creating.fake_stripe

SUCCESS = {
    "createCheckout": 201,
    "confirmPayment": 200,
    "receiveStripeEvent": 200,
    "listPrices": 200,
}
PROBLEMS = [
    (operation, status, schema["properties"]["type"]["const"].rpartition(":")[2])
    for operation in SUCCESS
    for status, schema in contract.problems(operation)
]


def created(**headers: str) -> Json:
    return with_headers(sample("create_session", "card_checkout"), **headers)


def as_trusted(event: Json) -> Json:
    """Return the same request, of a caller whom IAM let in."""
    trusted = sample("create_session", "trusted")
    context = trusted["requestContext"]
    return event | {"routeKey": trusted["routeKey"], "requestContext": context}


def without_iam() -> Json:
    event = sample("create_session", "trusted")
    del event["requestContext"]["authorizer"]
    return event


CALLERS_FAULT: dict[str, Callable[[], Json]] = {
    "invalid-request": lambda: sample("create_session", "invalid_body"),
    "not-allowed": without_iam,
    "payload-too-large": lambda: with_body(created(), " " * (128 * 1024 + 1)),
    "unsupported-media-type": lambda: created(content_type="text/plain"),
    "not-authentic": lambda: sample("stripe_webhook", "unsigned"),
    "session-not-found": lambda: (
        sample("confirm_payment", "session") | {"pathParameters": {"session_id": "cs_test_"}}
    ),
}


@dataclass(frozen=True)
class Service:
    """The handlers, and what they find around them."""

    load: Callable[[str], ModuleType]
    fake_stripe: CreatingStripe
    calls: AwsCalls
    secret: Secret

    def respond(self, operation: str, event: Json | None = None) -> Json:
        """Return the response to an event, by default to one that succeeds."""
        function = contract.FUNCTIONS[operation]
        handler = as_documented(function, self.load(function).lambda_handler)
        return handler(event or self.succeeding(operation), Context())

    def succeeding(self, operation: str) -> Json:
        if operation == "confirmPayment":
            self.fake_stripe.respond(session_in(OrderStatus.PAID))
        return {
            "createCheckout": lambda: sample("create_session", "card_checkout"),
            "createTrustedCheckout": lambda: sample("create_session", "trusted"),
            "confirmPayment": lambda: sample("confirm_payment", "session"),
            "receiveStripeEvent": lambda: delivered("checkout_session_completed"),
            "listPrices": lambda: sample("list_prices", "prices"),
        }[operation]()

    def failing(self, operation: str, slug: str) -> Json:
        """Return an event that leads to the problem, and the fault that causes it."""
        if slug in CALLERS_FAULT:
            failing = CALLERS_FAULT[slug]()
            trusted = operation == "createTrustedCheckout" and slug != "not-allowed"
            return failing if not trusted else as_trusted(failing)
        event = self.succeeding(operation)
        match slug:
            case "idempotency-mismatch":
                self.respond(operation, event)
                return with_body(event, event["body"].replace("cart-77", "cart-78"))
            case "internal-error":
                self.secret.put({"stripe_api_key": "none"})
                return event
            case "orders-unavailable":
                # With the secret read, the table alone fails.
                self.respond(operation, event)
                self.calls.failure = refuses("InternalServerError", status=500)
                return self.succeeding(operation)
        return self.failing_at_stripe(operation, event, slug)

    def failing_at_stripe(self, operation: str, event: Json, slug: str) -> Json:
        self.fake_stripe.forget_responses()
        for _ in range(2):
            status = {"stripe-unavailable": 500, "rate-limited": 429}[slug]
            self.fake_stripe.respond_with_error(status)
        # An event of a session asks Stripe for nothing.
        return delivered("charge_refunded") if operation == "receiveStripeEvent" else event


@pytest.fixture
def service(
    load_function: Callable[[str], ModuleType],
    dynamodb: "DynamoDBClient",
    secret: Secret,
    fake_stripe: CreatingStripe,
    watched: AwsCalls,
) -> Service:
    put_open_order(dynamodb)
    return Service(load_function, fake_stripe, watched, secret)


@pytest.mark.parametrize("operation", SUCCESS)
def test_the_documented_success_is_given(service: Service, operation: str) -> None:
    documented = {int(status) for status in contract.operations()[operation]["responses"]}
    assert {status for status in documented if status < 400} == {SUCCESS[operation]}
    assert service.respond(operation)["statusCode"] == SUCCESS[operation]


@pytest.mark.parametrize(("operation", "status", "slug"), PROBLEMS)
def test_each_documented_problem_is_given(
    service: Service, operation: str, status: int, slug: str
) -> None:
    response = service.respond(operation, service.failing(operation, slug))
    assert response["statusCode"] == status
    assert f':{slug}"' in response["body"]
