"""Connecting a stack with Stripe: the simulator, and a webhook that reads the secret."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import stripe

from ops.connection import Connection
from ops.destinations import EVENT_TYPES, NOT_YET, Destination, Destinations
from ops.errors import OpsError
from ops.secret import SecretStore, StripeSecret
from ops.webhook import Webhook
from stripe_simulator.testing import Received, Receiver, Running, fast, receiving, running
from tests.support.environment import client_of_all_tests
from tests.support.operating import in_aws, stack_of
from tests.support.stack import SECRET_NAME

pytestmark = pytest.mark.enable_socket

KEY, NEW_KEY = "rk_test_1", "rk_test_2"


@dataclass(frozen=True)
class DeployedWebhook(Webhook):
    """Has the function's cache of the secret, and its log, in this process."""

    receiver: Receiver
    secret: SecretStore
    # What may be broken: it never reads the secret again, or no delivery of Stripe's arrives.
    cached: list[str] = field(default_factory=list)
    is_stuck: bool = False
    is_cut_off: bool = False

    def accepts(self, signing_secret: str) -> bool:
        if not self.is_stuck:
            self.cached[:] = self.secret.read().signing_secrets
        return signing_secret in self.cached

    def wait_until_processed(self, event_id: str, since: float) -> bool:
        assert since

        def is_the_event(received: list[Received]) -> bool:
            return any(event_id.encode() in one.body for one in received)

        received = self.receiver.wait_until(is_the_event)
        [delivery] = [one for one in received if event_id.encode() in one.body]
        return not self.is_cut_off and any(is_signed(delivery, one) for one in self.cached)


def is_signed(delivery: Received, secret: str) -> bool:
    try:
        stripe.WebhookSignature.verify_header(
            delivery.body.decode(), delivery.signature, secret, tolerance=None
        )
    except stripe.SignatureVerificationError:
        return False
    return True


@dataclass(frozen=True)
class Connected:
    """A stack, its side at Stripe, and what was reported to the operator."""

    simulator: Running
    receiver: Receiver
    secret: SecretStore
    said: list[str] = field(default_factory=list)

    @property
    def destinations(self) -> Destinations:
        return Destinations(self.simulator.sdk, self.receiver.url)

    def connection(self, *, is_stuck: bool = False, is_cut_off: bool = False) -> Connection:
        stack = stack_of(in_aws(), outputs={"WebhookUrl": self.receiver.url})
        webhook = DeployedWebhook(
            stack, 0.0, self.receiver, self.secret, is_stuck=is_stuck, is_cut_off=is_cut_off
        )
        return Connection(
            name=stack.name,
            destinations=self.destinations,
            secret=self.secret,
            webhook=webhook,
            say=self.said.append,
            wait_for_functions=lambda: self.said.append("learning"),
            wait_for_deliveries=lambda: self.said.append("waited"),
        )

    def works(self, one: Destination) -> bool:
        """See an event that the destination delivers verified with a stored secret."""
        webhook = self.connection().webhook
        webhook.accepts("whsec_any")
        return one.enabled and webhook.wait_until_processed(
            self.destinations.ping(one), time.time()
        )


@pytest.fixture
def connected(aws: None) -> Iterator[Connected]:
    client = client_of_all_tests("secretsmanager")
    client.create_secret(Name=SECRET_NAME)
    with running(fast()) as simulator, receiving() as receiver:
        yield Connected(simulator, receiver, SecretStore(client, SECRET_NAME))


def test_a_stack_is_connected_and_a_second_time_kept(connected: Connected) -> None:
    made = connected.connection().connect(KEY)
    [found] = connected.destinations.registered()
    assert (found.id, found.events) == (made.id, EVENT_TYPES)
    assert connected.works(found)
    stored = connected.secret.read()
    assert stored.api_key == KEY
    assert len(stored.signing_secrets) == 1
    assert connected.connection().connect(KEY) == found
    assert connected.connection().connect(NEW_KEY) == found
    assert connected.secret.read() == StripeSecret(NEW_KEY, stored.signing_secrets)


def test_no_secret_is_reported(connected: Connected) -> None:
    connected.connection().connect(KEY)
    [secret] = connected.secret.read().signing_secrets
    output = "\n".join(connected.said)
    assert secret not in output
    assert KEY not in output


def test_an_unfinished_destination_is_removed(connected: Connected) -> None:
    unfinished, _ = connected.destinations.register("interrupted")
    made = connected.connection().replace()
    assert [one.id for one in connected.destinations.registered()] == [made.id]
    assert f"Removing {unfinished.id}, which an interrupted run left behind" in connected.said
    assert "waited" not in connected.said


def test_old_destinations_of_both_apis_are_replaced_after_a_wait(connected: Connected) -> None:
    params: Any = {"url": f"{connected.receiver.url}/", "enabled_events": ["charge.refunded"]}
    connected.simulator.sdk.v1.webhook_endpoints.create(params)
    old, old_secret = connected.destinations.register("old")
    connected.destinations.receive(old)
    connected.secret.write(StripeSecret(KEY, (old_secret,)))
    made = connected.connection().replace()
    [found] = connected.destinations.registered()
    assert found.id == made.id
    assert old_secret not in connected.secret.read().signing_secrets
    assert connected.works(found)
    order = [one.split()[0] for one in connected.said]
    assert order.index("waited") > max(at for at, one in enumerate(order) if one == "Disabling")
    assert order.index("waited") < order.index("Removing")


def test_a_ping_that_never_arrives_leaves_both_destinations_working(connected: Connected) -> None:
    before = connected.connection().connect(KEY)
    [old_secret] = connected.secret.read().signing_secrets
    with pytest.raises(OpsError, match=r"Stripe's ping from ed_test_\w+ did not arrive within 0 s"):
        connected.connection(is_cut_off=True).replace()
    found = connected.destinations.registered()
    assert len(found) == 2
    assert before.id in {one.id for one in found}
    stored = connected.secret.read().signing_secrets
    assert len(stored) == 2
    assert old_secret in stored
    assert all(connected.works(one) for one in found)


def test_after_a_lost_ping_the_next_run_ends_with_one(connected: Connected) -> None:
    connected.connection().connect(KEY)
    with pytest.raises(OpsError):
        connected.connection(is_cut_off=True).replace()
    made = connected.connection().replace()
    assert [one.id for one in connected.destinations.registered()] == [made.id]
    assert len(connected.secret.read().signing_secrets) == 1
    assert connected.works(made)


def test_an_unread_secret_is_not_used_for_events(connected: Connected) -> None:
    before = connected.connection().connect(KEY)
    [old_secret] = connected.secret.read().signing_secrets
    with pytest.raises(OpsError, match="The webhook does not accept the secret that was just"):
        connected.connection(is_stuck=True).replace()
    unfinished, kept = sorted(
        connected.destinations.registered(), key=lambda one: one.id == before.id
    )
    assert (kept.id, kept.enabled, kept.events) == (before.id, True, EVENT_TYPES)
    assert unfinished.events == NOT_YET
    assert old_secret in connected.secret.read().signing_secrets
    assert connected.works(kept)


def test_where_stripe_takes_no_more_destinations_nothing_is_changed(connected: Connected) -> None:
    before = connected.connection().connect(KEY)
    stored = connected.secret.read()
    for number in range(15):
        Destinations(connected.simulator.sdk, f"https://other.example/{number}").register("theirs")
    with pytest.raises(stripe.InvalidRequestError, match="maximum of 16"):
        connected.connection().replace()
    assert [one.id for one in connected.destinations.registered()] == [before.id]
    assert connected.secret.read() == stored
    assert connected.works(before)


def test_a_disabled_destination_whose_secret_is_stored_is_enabled(connected: Connected) -> None:
    made = connected.connection().connect(KEY)
    connected.destinations.disable(made)
    assert connected.connection().connect(KEY).id == made.id
    [found] = connected.destinations.registered()
    assert found.enabled
    assert found.events == EVENT_TYPES


def test_a_disabled_destination_of_another_secret_gets_no_events(connected: Connected) -> None:
    made = connected.connection().connect(KEY)
    connected.simulator.clock.now += 60
    other, _ = connected.destinations.register("by hand")
    connected.destinations.receive(other)
    connected.destinations.disable(other)
    connected.destinations.disable(made)
    may_get: list[frozenset[str]] = []

    def look(text: str) -> None:
        connected.said.append(text)
        if text.startswith(f"Waiting for Stripe's ping from {other.id}"):
            may_get.extend(one.events for one in connected.destinations.registered() if one.enabled)

    connection = replace(connected.connection(), say=look)
    assert connection.connect(KEY).id == made.id
    assert [one.id for one in connected.destinations.registered()] == [made.id]
    assert may_get == [NOT_YET]
    expected = f"The ping of {other.id} was not processed: its secret is not the stored one"
    assert expected in connected.said


@pytest.mark.parametrize(
    "events", [frozenset({"charge.refunded"}), EVENT_TYPES | {"payout.paid"}], ids=["fewer", "more"]
)
def test_other_event_types_are_corrected(connected: Connected, events: frozenset[str]) -> None:
    connected.connection().connect(KEY)
    [before], stored = connected.destinations.registered(), connected.secret.read()
    connected.destinations.receive(before, events)
    connected.connection().connect(KEY)
    assert connected.destinations.registered() == [before]
    assert connected.secret.read() == stored


def test_a_thin_destination_is_replaced_though_its_secret_works(connected: Connected) -> None:
    params: Any = {
        "name": "thin",
        "type": "webhook_endpoint",
        "event_payload": "thin",
        "enabled_events": ["v1.checkout.session.completed"],
        "webhook_endpoint": {"url": connected.receiver.url},
        "include": ["webhook_endpoint.signing_secret"],
    }
    thin: Any = connected.simulator.sdk.v2.core.event_destinations.create(params)
    connected.secret.write(StripeSecret(KEY, (thin.webhook_endpoint.signing_secret,)))
    made = connected.connection().connect(KEY)
    [found] = connected.destinations.registered()
    assert (found.id, found.payload) == (made.id, "snapshot")
    assert connected.works(found)


# Before each of the steps that a first connect takes.
@pytest.mark.parametrize("steps", range(7))
def test_an_interrupted_connect_is_completed_by_the_next(connected: Connected, steps: int) -> None:
    def interrupted(text: str) -> None:
        connected.said.append(text)
        if len(connected.said) > steps:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replace(connected.connection(), say=interrupted).connect(KEY)
    made = connected.connection().connect(KEY)
    [found] = connected.destinations.registered()
    assert (found.id, found.events) == (made.id, EVENT_TYPES)
    stored = connected.secret.read()
    assert (stored.api_key, len(stored.signing_secrets)) == (KEY, 1)
    assert connected.works(found)


def test_an_endpoint_of_the_first_api_beside_ours_is_removed(connected: Connected) -> None:
    made = connected.connection().connect(KEY)
    connected.simulator.clock.now += 60
    params: Any = {"url": connected.receiver.url, "enabled_events": ["*"]}
    connected.simulator.sdk.v1.webhook_endpoints.create(params)
    assert connected.connection().connect(KEY).id == made.id
    assert [one.id for one in connected.destinations.registered()] == [made.id]


def test_a_refused_stored_secret_is_not_connected(
    connected: Connected,
) -> None:
    made = connected.connection().connect(KEY)
    with pytest.raises(OpsError, match="does not accept the secret"):
        connected.connection(is_stuck=True).connect(KEY)
    assert connected.works(made)
    again = connected.connection().connect(KEY)
    assert [one.id for one in connected.destinations.registered()] == [again.id]
    assert connected.works(again)
