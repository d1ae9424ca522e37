"""How long the real clients' calls can take, and where they go; no connection is opened."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import requests
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ReadTimeoutError

from checkout import wiring
from checkout.aws import clients as aws_clients
from checkout.domain.order import OrderStatus
from checkout.errors import CheckoutError, Misconfigured, OrdersUnavailable, StripeUnavailable
from checkout.price_list import LISTING_SECONDS
from tests.support.aws_calls import AwsCalls, breaks, refuses
from tests.support.stack import load_template
from tests.support.stripe_objects import SESSION_ID, fact

if TYPE_CHECKING:
    from botocore.client import BaseClient

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
INIT_SECONDS = 10
# https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
HTTP_API_SECONDS = 30


@dataclass
class StripeTries:
    """What the SDK's own HTTP client hands to `requests`; nothing of it goes out."""

    urls: list[str] = field(default_factory=list)
    seconds: float = 0.0


@pytest.fixture
def stripe_tries(monkeypatch: pytest.MonkeyPatch) -> StripeTries:
    tries = StripeTries()

    def request(
        _: requests.Session, method: str, url: str, *, timeout: tuple[float, float], **__: object
    ) -> None:
        tries.urls.append(url)
        tries.seconds += sum(timeout)
        raise requests.exceptions.ReadTimeout

    monkeypatch.setattr(requests.Session, "request", request)
    return tries


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Collect the waits between tries; nobody waits."""
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    return waits


@dataclass(frozen=True)
class Worst:
    """How many seconds a call can take: every try's timeouts, and the waits between the tries."""

    clients: "list[BaseClient]"
    calls: AwsCalls
    tries: StripeTries
    slept: list[float]

    @property
    def of_the_secret(self) -> float:
        return self._of_aws("secretsmanager", lambda: wiring.credentials().reread())

    @property
    def of_the_table(self) -> float:
        return self._of_aws("dynamodb", lambda: wiring.orders().record(fact(OrderStatus.PAID)))

    @property
    def of_opening_the_connection(self) -> float:
        return self._of_aws("dynamodb", lambda: wiring.orders().open_connection())

    @property
    def of_stripe(self) -> float:
        self.slept.clear()
        with pytest.raises(StripeUnavailable):
            wiring.checkouts().confirm(SESSION_ID)
        return self.tries.seconds + sum(self.slept)

    def _of_aws(self, service: str, call: Callable[[], object]) -> float:
        timeout = ReadTimeoutError(endpoint_url="https://aws.example")
        return max(
            self._of_failure(service, call, failure)
            for failure in (breaks(timeout), refuses("ThrottlingException"))
        )

    def _of_failure(
        self,
        service: str,
        call: Callable[[], object],
        failure: Callable[[AWSPreparedRequest], AWSResponse],
    ) -> float:
        self.slept.clear()
        self.calls.made.clear()
        self.calls.failure = failure
        wiring.credentials.cache_clear()
        with pytest.raises(CheckoutError):
            call()
        self.calls.failure = None
        # A secret that could not be read is not read again at once.
        wiring.credentials.cache_clear()
        client = next(c for c in self.clients if c.meta.service_model.service_name == service)
        # botocore's stub leaves out what every Config takes.
        config: Any = client.meta.config
        per_try = config.connect_timeout + config.read_timeout
        return float(len(self.calls.made) * per_try + sum(self.slept))


@pytest.fixture
def worst(
    clients: "list[BaseClient]",
    watched: AwsCalls,
    stripe_tries: StripeTries,
    slept: list[float],
) -> Worst:
    return Worst(clients, watched, stripe_tries, slept)


def timeout_of(function: str) -> int:
    seconds: int = load_template()["Resources"][function]["Properties"]["Timeout"]
    return seconds


# How long


@pytest.mark.parametrize("function", ["CreateSessionFunction", "ConfirmPaymentFunction"])
def test_a_frontends_request_gets_a_response_before_lambda_ends_it(
    worst: Worst, function: str
) -> None:
    needed = worst.of_the_secret + worst.of_stripe + worst.of_the_table
    assert needed < timeout_of(function) < HTTP_API_SECONDS


def test_a_list_of_prices_is_given_up_before_lambda_ends_it(worst: Worst) -> None:
    # A last page that is begun just in time takes as long as any.
    needed = LISTING_SECONDS + worst.of_the_secret + worst.of_stripe
    assert needed < timeout_of("ListPricesFunction") < HTTP_API_SECONDS


def test_a_delivery_gets_a_response_before_lambda_ends_it(worst: Worst) -> None:
    # The secret is read a second time for a signature that does not match.
    needed = 2 * worst.of_the_secret + worst.of_the_table
    assert needed < timeout_of("StripeWebhookFunction") < HTTP_API_SECONDS


def test_a_refund_or_a_dispute_gets_a_response_before_lambda_ends_it(worst: Worst) -> None:
    needed = worst.of_the_secret + worst.of_stripe + worst.of_the_table
    assert needed < timeout_of("StripeWebhookFunction")


def test_a_warm_up_ends_before_lambda_ends_it(worst: Worst) -> None:
    # Both at the same time.
    assert max(worst.of_the_secret, worst.of_opening_the_connection) < INIT_SECONDS


def test_every_call_is_tried_twice(worst: Worst) -> None:
    assert worst.of_the_table >= 6
    assert worst.calls.made == ["UpdateItem"] * 2
    assert worst.of_the_secret >= 6
    assert worst.calls.made == ["GetSecretValue"] * 2
    assert worst.of_stripe >= 12
    assert len(worst.tries.urls) == 2


# Where


@pytest.mark.parametrize(
    ("base", "asked"),
    [("", "https://api.stripe.com"), ("http://127.0.0.1:12111", "http://127.0.0.1:12111")],
)
def test_stripes_address_is_the_stacks(
    worst: Worst, environment: pytest.MonkeyPatch, base: str, asked: str
) -> None:
    environment.setenv("STRIPE_API_BASE", base)
    assert worst.of_stripe
    assert {url.partition("?")[0] for url in worst.tries.urls} == {
        f"{asked}/v1/checkout/sessions/{SESSION_ID}"
    }


TABLES = "https://dynamodb.us-east-1.amazonaws.com/"
SECRETS = "https://secretsmanager.us-east-1.amazonaws.com/"
LOCAL = "http://127.0.0.1:4566/"
LOCAL_TABLES = "http://127.0.0.1:8000/"


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, [TABLES, SECRETS]),
        ({"AWS_ENDPOINT_URL": LOCAL}, [LOCAL, LOCAL]),
        ({"AWS_ENDPOINT_URL_DYNAMODB": LOCAL_TABLES}, [LOCAL_TABLES, SECRETS]),
        (
            {"AWS_ENDPOINT_URL": LOCAL, "AWS_ENDPOINT_URL_DYNAMODB": LOCAL_TABLES},
            [LOCAL_TABLES, LOCAL],
        ),
    ],
)
def test_aws_is_asked_where_boto3_would_ask(
    clients: "list[BaseClient]",
    calls: AwsCalls,
    environment: pytest.MonkeyPatch,
    variables: dict[str, str],
    expected: list[str],
) -> None:
    asked: list[str] = []

    def refuse(request: AWSPreparedRequest) -> AWSResponse:
        asked.append(request.url)
        return refuses("AccessDeniedException")(request)

    # A session of its own, since one reads the environment once.
    environment.setattr(aws_clients, "session", aws_clients.session.__wrapped__)
    for name, value in variables.items():
        environment.setenv(name, value)
    calls.failure = refuse
    with pytest.raises(OrdersUnavailable):
        wiring.orders().find("ord_1")
    with pytest.raises(Misconfigured):
        wiring.credentials().read()
    assert asked == expected
