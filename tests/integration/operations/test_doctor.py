"""`ops/checkout doctor`: each thing that can be wrong is named, with what to do.

What a check says of one defect is in tests/unit/test_ops_doctor*.py; here, many are in a deployed
stack at once, and `make test-all` has each alone.
"""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import stripe

from ops.doctor.checks import CHECKS
from ops.doctor.examination import Examination, Result, examine
from ops.environment import Environment, LocalAddresses
from ops.stack import Stack
from ops.stripe_keys import client
from stripe_simulator.testing import fast, running
from tests.integration.deployed_options import deployed_with
from tests.integration.operations import breaking
from tests.integration.operations.shop_at_stripe import (
    deployed,
    destinations,
    registered,
    stored_secret,
)
from tests.integration.world import World
from tests.support.documents import Json

PATIENT, IMPATIENT = 60.0, 2.0
NOTHING: frozenset[str] = frozenset()


@pytest.fixture
def examination(world: World) -> Examination:
    environment = deployed(world.stack).environment
    return Examination(environment, world.stack.facts.stripe_api_key, PATIENT)


def failed(examination: Examination) -> dict[str, Result]:
    """The checks that fail, and each says what to do."""
    results = [one for one in examine(examination, CHECKS) if not one.ok]
    assert all(one.detail and one.fix for one in results), results
    return {one.check: one for one in results}


def only(examination: Examination, name: str) -> Result:
    """Run one check alone."""
    [check] = [one for one in CHECKS if one.name == name]
    [result] = examine(examination, [check])
    return result


def with_stack(examination: Examination, **changes: Any) -> Examination:  # noqa: ANN401
    """Examine the stack as if CloudFormation said something else of it."""
    changed = Examination(
        examination.environment, examination.setup_key, examination.patience_seconds
    )
    vars(changed)["stack"] = replace(Stack.read(examination.environment), **changes)
    return changed


def with_webhook_url(examination: Examination, url: str) -> Examination:
    local = examination.environment.local
    assert isinstance(local, LocalAddresses)
    moved = replace(examination.environment, local=replace(local, webhook_url=url))
    return Examination(moved, examination.setup_key, IMPATIENT)


def test_a_connected_stack_is_well(world: World) -> None:
    called = world.operate("doctor", "--json")
    assert called.exit_code == 0, called.printed
    results: list[Json] = called.document
    assert [one["check"] for one in results] == [check.name for check in CHECKS]
    assert all(one.keys() == {"check", "ok", "detail", "fix"} for one in results)
    assert all(one["ok"] is True and one["fix"] is None for one in results)
    secret = stored_secret(world)
    for value in (secret["stripe_api_key"], *secret["webhook_signing_secrets"]):
        assert value not in called.printed + called.progress


@pytest.mark.full  # tests/unit/test_ops_doctor.py
def test_a_failed_check_is_shown_with_what_to_do(world: World) -> None:
    with breaking.no_sellable_price(world):
        called = world.operate("doctor")
    assert called.exit_code == 1
    assert "FAILED sellable prices: Stripe has no active one-time price" in called.printed
    assert "Set the metadata sellable=true" in called.printed
    assert called.printed.splitlines()[-1] == f"1 of {len(CHECKS)} checks failed."


# In this order they can be broken all together; both permissions at once are other_permissions.
BROKEN: dict[str, Callable[[World], Any]] = {
    "reconciliation": breaking.a_failed_run,
    "sellable prices": breaking.no_sellable_price,
    "dead-letter queues": breaking.a_dead_letter,
    "event types": breaking.other_events,
    "alarms": breaking.no_subscriber,
    "options": lambda world: deployed_with(world, {"locale": "de"}),
    "functions": breaking.no_alias,
    "Stripe permissions": breaking.a_missing_permission,
    "no other Stripe permissions": breaking.an_excess_permission,
}


def test_all_that_is_broken_is_named_and_nothing_else(
    world: World, examination: Examination
) -> None:
    with ExitStack() as broken:
        for name, defect in BROKEN.items():
            if "permissions" not in name:
                broken.enter_context(defect(world))
        broken.enter_context(breaking.other_permissions(world))
        assert failed(examination).keys() == BROKEN.keys()
    assert failed(replace(examination)) == {}


@pytest.mark.full
@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_named_and_nothing_else(
    world: World, examination: Examination, name: str
) -> None:
    with BROKEN[name](world):
        assert failed(examination).keys() == {name}
    assert only(replace(examination), name).ok


@pytest.mark.full
def test_an_option_that_stripe_lacks_is_named(world: World, examination: Examination) -> None:
    with (
        deployed_with(world, {"optional_items": [{"price": "price_1gone", "quantity": 1}]}),
        world.simulator.granting("plan_read"),
    ):
        result = only(examination, "options at Stripe")
    assert result.detail == "Stripe has no price price_1gone: it refuses every checkout."


@pytest.mark.full
@pytest.mark.parametrize("action", ["InvokeFunctionUrl", "InvokeFunction"])
def test_a_missing_permission_of_the_url_is_named(
    world: World, examination: Examination, action: str
) -> None:
    with breaking.without_permission(world, action):
        result = only(examination, "function URL permissions")
    assert f"lambda:{action}:" in result.detail
    assert only(examination, "function URL permissions").ok


@pytest.mark.full
@pytest.mark.parametrize(
    ("changes", "checks"),
    [
        ({"stripe_api_key": "sk_test_" + "9" * 20}, {"Stripe key", "Stripe permissions"}),
        ({"stripe_api_key": "sk_live_" + "9" * 20}, {"secret", "Stripe key"}),
        (
            {"stripe_api_key": None},
            {"secret", "Stripe key", "Stripe permissions", "no other Stripe permissions"},
        ),
        ({"webhook_signing_secrets": []}, {"secret", "signing secrets"}),
        ({"webhook_signing_secrets": ["whsec_" + "0" * 32]}, {"ping"}),
    ],
)
def test_what_is_wrong_in_the_secret_is_named(
    world: World, examination: Examination, changes: Json, checks: set[str]
) -> None:
    impatient = replace(examination, patience_seconds=IMPATIENT)
    with breaking.secret_with(world, **changes):
        results = failed(impatient)
    assert checks <= results.keys()
    for value in ("9" * 20, "0" * 32):
        assert value not in repr(results)


def test_a_ping_is_checked_against_the_secret_as_stored(
    world: World, examination: Examination
) -> None:
    """The functions have cached the right secret, which they would go on using for a while."""
    assert failed(examination) == {}
    with breaking.secret_with(world, webhook_signing_secrets=["whsec_" + "0" * 32]):
        results = failed(replace(examination, patience_seconds=IMPATIENT))
    assert results.keys() == {"ping"}


@pytest.mark.full
def test_no_destination_is_named(world: World, examination: Examination) -> None:
    [one] = registered(world)
    destinations(world).disable(one)
    assert failed(examination).keys() == {"event destination", "event types", "API version", "ping"}


@pytest.mark.full
def test_a_destination_of_another_form_is_named(world: World, examination: Examination) -> None:
    for one in registered(world):
        destinations(world).remove(one)
    params: Any = {
        "name": "thin",
        "type": "webhook_endpoint",
        "event_payload": "thin",
        "enabled_events": ["v1.checkout.session.completed"],
        "webhook_endpoint": {"url": world.stack.facts.webhook_url},
    }
    world.simulator.sdk.v2.core.event_destinations.create(params)
    result = only(examination, "API version")
    assert not result.ok
    assert "thin events" in result.detail


@pytest.mark.full
def test_keys_of_different_stripe_accounts_are_named(
    world: World, examination: Examination, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing else shows: the webhook is well, and no event of the service's account arrives."""
    assert only(examination, "Stripe account").ok
    with running(fast()) as another:

        def client_of(environment: Environment, key: str) -> stripe.StripeClient:
            return another.sdk if key == examination.setup_key else client(environment, key)

        monkeypatch.setattr("ops.stripe_keys.client", client_of)
        result = only(replace(examination), "Stripe account")
    assert not result.ok
    assert "different Stripe accounts" in result.detail


@pytest.mark.full
def test_a_webhook_that_is_something_else_is_named(world: World, examination: Examination) -> None:
    elsewhere = with_webhook_url(examination, f"{world.stack.facts.stripe_url}/nowhere")
    assert {"unsigned request", "signing secrets"} <= failed(elsewhere).keys()
    nobody = with_webhook_url(examination, "http://127.0.0.1:9/")
    assert "can't be reached" in only(nobody, "unsigned request").detail


def test_a_table_that_is_gone_is_named(examination: Examination) -> None:
    found = Stack.read(examination.environment)
    gone = {**found.outputs, "OrdersTableName": "checkout-local-OrdersTable-GONE"}
    result = only(with_stack(examination, outputs=gone), "orders table")
    assert "can't be read: every checkout gets a 503" in result.detail
    assert "restore-the-orders-table" in str(result.fix)


@pytest.mark.full
def test_a_webhook_endpoint_of_the_first_api_is_named(
    world: World, examination: Examination
) -> None:
    """As `make dev` and people by hand register it: it delivers, and can't be pinged."""
    for one in registered(world):
        destinations(world).remove(one)
    params: Any = {"url": world.stack.facts.webhook_url, "enabled_events": ["charge.refunded"]}
    world.simulator.sdk.v1.webhook_endpoints.create(params)
    result = only(examination, "ping")
    assert "which has no ping" in result.detail
    assert "Run `connect`" in str(result.fix)


@pytest.mark.full
def test_an_origin_that_the_api_does_not_let_in_is_named(examination: Examination) -> None:
    found = Stack.read(examination.environment)
    origins = found.parameters["AllowedOrigins"] + ",https://shop.example"
    changed = with_stack(examination, parameters={**found.parameters, "AllowedOrigins": origins})
    result = only(changed, "allowed origins")
    assert "https://shop.example" in result.detail


@pytest.mark.full
@pytest.mark.parametrize("status", ["UPDATE_ROLLBACK_COMPLETE", "UPDATE_IN_PROGRESS"])
def test_a_deployment_that_did_not_succeed_is_named(examination: Examination, status: str) -> None:
    assert failed(with_stack(examination, status=status)).keys() == {"deployment"}


@pytest.mark.full
def test_without_a_stack_no_more_is_checked(examination: Examination) -> None:
    nowhere = replace(examination.environment, stack_name="checkout-nowhere")
    results = list(examine(Examination(nowhere, None, IMPATIENT), CHECKS))
    assert [one.ok for one in results] == [True, False]
    assert "make deploy ENV=local" in results[-1].detail


@pytest.mark.full
def test_without_credentials_no_more_is_checked(examination: Examination) -> None:
    strangers = replace(
        examination.environment,
        aws=replace(examination.environment.aws, endpoint_url="http://127.0.0.1:9"),
    )
    [result] = examine(Examination(strangers, None, IMPATIENT), CHECKS)
    assert (result.check, result.ok) == ("AWS identity", False)


def test_every_check_is_broken_by_a_test() -> None:
    tested = Path(__file__).read_text()
    assert [check for check in CHECKS if f'"{check.name}"' not in tested] == []
