"""What a Stripe key may do, found out at a simulator without changing anything there."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import stripe

from ops.environment import Environment
from ops.errors import OpsError
from ops.key_permissions import (
    NEEDED,
    NOT_NEEDED,
    Permission,
    Unusable,
    granted,
    require_same_account,
    require_service_key,
)
from ops.stripe_keys import client
from stripe_simulator.testing import RESTRICTED_KEY, SECRET_KEY, fast, running
from tests.support.fake_stripe import FakeStripe
from tests.support.operated import PERMISSIONS, Operated, operated

pytestmark = pytest.mark.enable_socket

EVERY = (*NEEDED, *NOT_NEEDED)
# The simulator has no endpoints for these.
UNKNOWN_HERE = {"Payouts: Write", "Transfers: Write"}
SIMULATED = [one.name for one in EVERY if one.name not in UNKNOWN_HERE]


@pytest.fixture
def shop(aws: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Operated]:
    with operated(tmp_path, monkeypatch) as one:
        yield one


def names(shop: Operated, key: str, *, wanted: bool) -> list[str]:
    return granted(client(shop.environment, key), EVERY, wanted=wanted)


def test_a_secret_key_may_do_everything_and_trying_changes_nothing(shop: Operated) -> None:
    assert names(shop, SECRET_KEY, wanted=True) == SIMULATED
    sdk = shop.simulator.sdk.v1
    made = (sdk.checkout.sessions, sdk.refunds, sdk.payment_intents, sdk.products, sdk.customers)
    assert [one.list().data for one in made] == [[]] * len(made)
    assert sdk.events.list().data == []


def test_a_restricted_key_may_do_what_it_was_granted(shop: Operated) -> None:
    assert names(shop, RESTRICTED_KEY, wanted=True) == [one.name for one in NEEDED]
    assert names(shop, RESTRICTED_KEY, wanted=False) == [one.name for one in NOT_NEEDED]


@pytest.mark.parametrize("left_out", PERMISSIONS)
def test_each_permission_that_the_service_needs_is_tried(shop: Operated, left_out: str) -> None:
    shop.granting(*(one for one in PERMISSIONS if one != left_out))
    with pytest.raises(OpsError, match="lacks permissions that the service needs") as refused:
        require_service_key(shop.stack, RESTRICTED_KEY)
    [lacking] = names(shop, RESTRICTED_KEY, wanted=False)[: -len(NOT_NEEDED)]
    assert str(refused.value).endswith(f": {lacking}.")


def test_a_key_that_can_be_the_services_is_accepted(shop: Operated) -> None:
    require_service_key(shop.stack, RESTRICTED_KEY)
    require_service_key(shop.stack, SECRET_KEY)


def test_accounts_are_compared_by_their_prices(
    shop: Operated, monkeypatch: pytest.MonkeyPatch
) -> None:
    price = {"unit_amount": 100, "currency": "eur", "product_data": {"name": "Mug"}}
    shop.simulator.sdk.v1.prices.create(price)  # type: ignore[arg-type]
    require_same_account(shop.stack, RESTRICTED_KEY, SECRET_KEY)
    with running(fast()) as other:

        def client_of(environment: Environment, key: str) -> stripe.StripeClient:
            return other.sdk if key == SECRET_KEY else client(environment, key)

        monkeypatch.setattr("ops.stripe_keys.client", client_of)
        with pytest.raises(OpsError, match="different Stripe accounts"):
            require_same_account(shop.stack, RESTRICTED_KEY, SECRET_KEY)


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("rk_test_" + "9" * 24, "Stripe does not accept the API key."),
        ("rk_live_" + "9" * 24, "The key belongs to Stripe's live mode, and the stack's"),
        ("9" * 24, "This is not a Stripe API key"),
    ],
)
def test_an_unusable_key_is_reported_unquoted(shop: Operated, key: str, problem: str) -> None:
    with pytest.raises(Unusable) as refused:
        require_service_key(shop.stack, key)
    assert str(refused.value).startswith(problem)
    assert "9999" not in str(refused.value)


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, stripe.AuthenticationError), (429, stripe.RateLimitError), (500, stripe.APIError)],
)
def test_an_unrelated_error_grants_no_permission(
    fake_stripe: FakeStripe, stripe_client: stripe.StripeClient, status: int, error: type[Exception]
) -> None:
    for permission in EVERY:
        fake_stripe.respond_with_error(status, message="from the test")
        with pytest.raises(error):
            permission.is_granted(stripe_client)


def test_refused_parameters_mean_a_granted_permission(
    fake_stripe: FakeStripe, stripe_client: stripe.StripeClient
) -> None:
    permission: Permission = replace(NEEDED[0], name="any")
    fake_stripe.respond_with_error(400, message="Received unknown parameter: invalid")
    assert permission.is_granted(stripe_client)
    fake_stripe.respond_with_error(403, message="not with this key")
    assert not permission.is_granted(stripe_client)
