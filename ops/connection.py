"""The connection of a stack with Stripe: one event destination, and the secret that verifies it.

A connection is replaced without a refused delivery. A run may be interrupted after any step: the
next run starts from the state of Stripe and the stack's secret, and ends the same.

    register a second destination      it gets no events yet
    store its secret beside the old    the functions accept both
    wait 10 s                          each function may read the secret again when it needs to
    see a probe accepted               signed with the new secret, as stored
    let it receive events              each event is delivered twice, which changes an order once
    see Stripe's ping processed        delivered and verified
    disable and remove the old one
    drop the old secrets
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from checkout.credentials import MAX_REFETCH_INTERVAL
from ops.destinations import EVENT_TYPES, NOT_YET, Destination, Destinations
from ops.errors import OpsError
from ops.secret import SecretStore, StripeSecret
from ops.webhook import Webhook

# Time for the last deliveries of a disabled destination: Stripe's timeout and the function's own
# (template.yaml). Their secret is stored until then.
DRAIN_SECONDS = 30.0
# A function that read the secret just before a change reads it again after this time.
LEARN_SECONDS = MAX_REFETCH_INTERVAL


@dataclass(frozen=True)
class Connection:
    """`say` is called before each step.

    `wait_for_functions` is called after a secret was stored beside others (LEARN_SECONDS), and
    `wait_for_deliveries` after a destination was disabled (DRAIN_SECONDS).
    """

    name: str
    destinations: Destinations
    secret: SecretStore
    webhook: Webhook
    say: Callable[[str], None]
    wait_for_functions: Callable[[], None]
    wait_for_deliveries: Callable[[], None]

    def connect(self, service_key: str) -> Destination:
        """Repair and keep the working destination, or create a new one."""
        stored = self.secret.read()
        if stored.api_key != service_key:
            self.say("Storing the API key")
            self.secret.store_api_key(service_key)
        registered = self.destinations.registered()
        kept = self._kept(registered) if self._is_in_use(stored) else None
        if kept is None:
            return self.replace()
        self._remove(one for one in registered if one != kept)
        return kept

    def replace(self) -> Destination:
        """Create a destination with a new secret, and remove all others of the URL."""
        old = self.destinations.registered()
        for one in old:
            if one.is_unfinished:
                self.say(f"Removing {one.id}, which an interrupted run left behind")
                self.destinations.remove(one)
        old = [one for one in old if not one.is_unfinished]
        self.say("Registering a new event destination")
        new, signing_secret = self.destinations.register(self.name)
        self.say("Storing its signing secret")
        before = self.secret.add_signing_secret(signing_secret)
        self.say("Waiting until the webhook accepts the new secret")
        if before:
            self.wait_for_functions()
        if not self.webhook.wait_until_accepted(signing_secret):
            raise OpsError(
                "The webhook does not accept the secret that was just stored. Look at its log with "
                "`logs`, and run this again."
            )
        self.say(f"Letting {new.id} receive {len(EVENT_TYPES)} types of events")
        self.destinations.receive(new)
        self._require_ping(new)
        self._remove(old)
        self.say("Dropping all other signing secrets: they stop working within 5 minutes")
        self.secret.keep_signing_secret(signing_secret)
        return new

    def _is_in_use(self, stored: StripeSecret) -> bool:
        """Check that the functions use the stored secrets, not the ones they cached before a
        change.

        A probe that they can't verify makes them read the secret again.
        """
        if not stored.signing_secrets:
            return False
        self.say("Probing the webhook with the stored signing secrets")
        return all(self.webhook.wait_until_accepted(secret) for secret in stored.signing_secrets)

    def _kept(self, registered: Iterable[Destination]) -> Destination | None:
        """Return the newest destination that works, after repairing it."""
        for one in registered:
            if not one.can_be_kept:
                continue
            if not one.enabled:
                self.say(f"Enabling {one.id}")
                # No events until we know that its secret is stored.
                self.destinations.receive(one, NOT_YET)
                self.destinations.enable(one)
            if not self._ping_arrives(one):
                self.say(
                    f"The ping of {one.id} was not processed: its secret is not the stored one"
                )
                continue
            if not one.enabled or one.events != EVENT_TYPES:
                self.say(f"Letting {one.id} receive the handled types of events")
                self.destinations.receive(one)
            return one
        return None

    def _require_ping(self, destination: Destination) -> None:
        if not self._ping_arrives(destination):
            raise OpsError(
                f"Stripe's ping from {destination.id} did not arrive within "
                f"{self.webhook.patience_seconds:.0f} s. Look at the webhook's log with `logs`, "
                "and run this again."
            )

    def _ping_arrives(self, destination: Destination) -> bool:
        patience = f"{self.webhook.patience_seconds:.0f} s"
        self.say(f"Waiting for Stripe's ping from {destination.id} (up to {patience})")
        since = time.time()
        return self.webhook.wait_until_processed(self.destinations.ping(destination), since)

    def _remove(self, destinations: Iterable[Destination]) -> None:
        removed = list(destinations)
        for one in removed:
            if one.enabled:
                self.say(f"Disabling {one.id}")
                self.destinations.disable(one)
        if any(one.enabled for one in removed):
            self.say("Waiting for deliveries that are under way")
            self.wait_for_deliveries()
        for one in removed:
            self.say(f"Removing {one.id}")
            self.destinations.remove(one)
