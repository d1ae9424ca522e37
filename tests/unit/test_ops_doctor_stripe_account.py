"""The doctor's checks of the key, the event destination and the webhook, at a simulator."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import stripe

from ops.destinations import EVENT_TYPES
from ops.doctor import Examination, Result, examine
from ops.doctor.checks import CHECKS
from ops.environment import Environment
from ops.secret import StripeSecret
from ops.stripe_keys import client
from stripe_simulator.testing import RESTRICTED_KEY, SECRET_KEY, fast, running
from tests.support.examining import only
from tests.support.operated import PERMISSIONS, Operated, operated

pytestmark = pytest.mark.enable_socket

PATIENT, IMPATIENT = 20.0, 0.0
HERE = (
    "secret",
    "Stripe key",
    "Stripe permissions",
    "no other Stripe permissions",
    "event destination",
    "event types",
    "API version",
    "unsigned request",
    "signing secrets",
    "ping",
    "sellable prices",
)


@pytest.fixture
def shop(aws: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Operated]:
    """A stack that is connected, and sells something."""
    with operated(tmp_path, monkeypatch) as one:
        made, secret = one.destinations.register("checkout-test")
        one.destinations.receive(made)
        one.secret.write(StripeSecret(RESTRICTED_KEY, (secret,)))
        one.sell(sellable="true")
        yield one


def examination(
    shop: Operated, setup_key: str | None = SECRET_KEY, patience_seconds: float = PATIENT
) -> Examination:
    return Examination(shop.environment, setup_key, patience_seconds)


def failed(shop: Operated, patience_seconds: float = PATIENT) -> dict[str, Result]:
    checks = [one for one in CHECKS if one.name in HERE]
    assert len(checks) == len(HERE)
    results = list(examine(examination(shop, SECRET_KEY, patience_seconds), checks))
    assert all(one.ok or one.fix for one in results)
    return {one.check: one for one in results if not one.ok}


def test_a_connected_stack_is_well(shop: Operated) -> None:
    assert failed(shop) == {}


def test_a_missing_and_an_excess_permission_are_named(shop: Operated) -> None:
    shop.granting(*PERMISSIONS[1:], "customer_read")
    found = failed(shop)
    assert found.keys() == {"Stripe permissions", "no other Stripe permissions"}
    assert found["Stripe permissions"].detail == "The key lacks: Checkout Sessions: Write."
    assert found["no other Stripe permissions"].detail.endswith("never uses: Customers: Read.")


def test_no_key_is_in_the_repr_of_what_is_examined(shop: Operated) -> None:
    """A traceback, or a log of one, would show it."""
    made = examination(shop)
    assert made.setup_key == SECRET_KEY
    assert SECRET_KEY not in repr(made)
    assert SECRET_KEY not in repr(made.environment)


def test_a_key_that_stripe_refuses_is_named_and_not_shown(shop: Operated) -> None:
    stored = shop.secret.read()
    shop.secret.write(StripeSecret("rk_test_" + "9" * 24, stored.signing_secrets))
    found = failed(shop)
    assert "Stripe key" in found
    assert "secret" not in found
    assert "9999" not in repr(found)


def test_a_secret_of_the_other_mode_is_named(shop: Operated) -> None:
    shop.secret.write(StripeSecret("rk_live_" + "9" * 24, shop.secret.read().signing_secrets))
    result = only(examination(shop), "secret")
    assert not result.ok
    assert "9999" not in repr(result)


def test_no_destination_is_named_by_each_check_that_needs_one(shop: Operated) -> None:
    shop.destinations.remove(shop.destination)
    found = failed(shop)
    assert found.keys() == {"event destination", "event types", "API version", "ping"}
    assert found["event destination"].detail.startswith("Stripe has 0 enabled destinations")


def test_two_destinations_are_named(shop: Operated) -> None:
    first = shop.destination
    second, _ = shop.destinations.register("by hand")
    detail = only(examination(shop), "event destination").detail
    assert detail.startswith("Stripe has 2 enabled destinations for our URL (")
    assert first.id in detail
    assert second.id in detail


def test_what_differs_of_the_types_of_events_is_named(shop: Operated) -> None:
    left_out = "charge.refunded"
    shop.destinations.receive(shop.destination, EVENT_TYPES - {left_out} | {"payout.paid"})
    detail = only(examination(shop), "event types").detail
    assert detail == f"The destination lacks {left_out} and also receives payout.paid."


def test_an_endpoint_of_another_version_is_named(shop: Operated) -> None:
    shop.destinations.remove(shop.destination)
    params: Any = {
        "url": shop.receiver.url,
        "enabled_events": sorted(EVENT_TYPES),
        "api_version": "2025-09-30.clover",
    }
    shop.simulator.sdk.v1.webhook_endpoints.create(params)
    detail = only(examination(shop), "API version").detail
    assert "sends snapshot events of version 2025-09-30.clover, not" in detail
    result = only(examination(shop), "ping")
    assert "which has no ping" in result.detail
    assert "Run `connect`" in str(result.fix)


def test_a_destination_of_thin_events_is_named(shop: Operated) -> None:
    shop.destinations.remove(shop.destination)
    params: Any = {
        "name": "thin",
        "type": "webhook_endpoint",
        "event_payload": "thin",
        "enabled_events": ["v1.checkout.session.completed"],
        "webhook_endpoint": {"url": shop.receiver.url},
    }
    shop.simulator.sdk.v2.core.event_destinations.create(params)
    assert "sends thin events of version" in only(examination(shop), "API version").detail


def test_keys_of_different_stripe_accounts_are_named(
    shop: Operated, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing else shows: the webhook is well, and no event of the service's account arrives."""
    assert only(examination(shop), "Stripe account").ok
    with running(fast()) as another:

        def client_of(environment: Environment, key: str) -> stripe.StripeClient:
            return another.sdk if key == SECRET_KEY else client(environment, key)

        monkeypatch.setattr("ops.stripe_keys.client", client_of)
        result = only(examination(shop), "Stripe account")
    assert "different Stripe accounts" in result.detail
    assert "rotate api-key" in str(result.fix)


@pytest.mark.parametrize("status", [200, 403, 500])
def test_a_webhook_that_does_not_refuse_what_is_unsigned_is_named(
    shop: Operated, status: int
) -> None:
    shop.receiver.respond = lambda _: status
    detail = only(examination(shop), "unsigned request").detail
    assert detail.startswith(f"The webhook responds {status}, not 400,")


def test_a_refused_stored_secret_is_numbered(shop: Operated) -> None:
    [secret] = shop.secret.read().signing_secrets
    made = examination(shop, SECRET_KEY, IMPATIENT)
    vars(made)["secret"] = StripeSecret(RESTRICTED_KEY, (secret, "whsec_unknown"))
    result = only(made, "signing secrets")
    assert result.detail == "The webhook refuses a probe signed with secret 2 of 2."


def test_a_ping_of_another_secret_is_named(shop: Operated) -> None:
    shop.secret.write(StripeSecret(RESTRICTED_KEY, ("whsec_lost",)))
    found = failed(shop, IMPATIENT)
    assert found.keys() == {"ping"}
    assert shop.destination.id in found["ping"].detail


def test_destinations_can_be_read_by_the_services_key_if_it_may(shop: Operated) -> None:
    assert "STRIPE_API_KEY" in str(only(examination(shop, None), "event destination").fix)
    shop.granting(*PERMISSIONS, "webhook_read", "event_destination_read")
    assert only(examination(shop, None), "event destination").ok


def test_prices_that_are_not_marked_are_not_sold(shop: Operated) -> None:
    for price in shop.simulator.sdk.v1.prices.list().data:
        shop.simulator.sdk.v1.prices.update(price.id, {"metadata": {"sellable": "false"}})
    made = examination(shop)
    result = only(made, "sellable prices")
    assert "no active one-time price that this stack sells" in result.detail
    assert "sellable=true" in str(result.fix)
