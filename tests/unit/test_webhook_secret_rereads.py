"""When a delivery that can't be verified makes the webhook read its secret again."""

import pytest

from checkout.credentials import MIN_REFETCH_INTERVAL, CredentialsReader
from checkout.domain.order import OrderStatus
from checkout.errors import NotAuthentic
from checkout.webhook import WebhookVerifier
from tests.support.aws_calls import AwsCalls
from tests.support.environment import Clock, Secret
from tests.support.stripe_objects import NOW, delivery, event_of, signature

FETCH = "GetSecretValue"
PAID = event_of(OrderStatus.PAID)
BODY, SIGNED = delivery(PAID)


@pytest.fixture
def verifier(credentials: CredentialsReader) -> WebhookVerifier:
    return WebhookVerifier(credentials, now=lambda: NOW)


def refused(verifier: WebhookVerifier, header: str) -> None:
    with pytest.raises(NotAuthentic):
        verifier.authentic_event(BODY, header)


def test_a_verified_delivery_lets_the_secret_be_read_again_sooner(
    verifier: WebhookVerifier, calls: AwsCalls, secret: Secret, clock: Clock
) -> None:
    forged = signature(BODY, "whsec_forged")
    for second in range(20):
        clock.now = float(second)
        refused(verifier, forged)
    fetches = calls.count(FETCH)
    # Anybody can repeat what Stripe signed long ago.
    refused(verifier, signature(BODY, timestamp=NOW - 301))
    clock.now += MIN_REFETCH_INTERVAL
    refused(verifier, forged)
    assert calls.count(FETCH) == fetches
    assert verifier.authentic_event(BODY, SIGNED) == PAID
    secret.roll("whsec_rolled")
    clock.now += MIN_REFETCH_INTERVAL
    assert verifier.authentic_event(*delivery(PAID, "whsec_rolled")) == PAID


def test_a_flood_of_forgeries_costs_ever_fewer_reads_of_the_secret(
    verifier: WebhookVerifier, calls: AwsCalls, clock: Clock
) -> None:
    forged = signature(BODY, "whsec_forged")
    for second in range(60):
        clock.now = float(second)
        refused(verifier, forged)
    # The cold one, and at 0, 1, 3, 7, 15, 25, 35, 45 and 55 s.
    assert calls.made == [FETCH] * 10
