"""Processes Stripe's deliveries: verify an event, read it, record it, or dead-letter it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from checkout.domain.changes import Outcome
from checkout.errors import DependencyFailed
from checkout.log import logger
from checkout.metrics import Metric, count
from checkout.recorder import Recorder
from checkout.stripe.events import EventReader

if TYPE_CHECKING:
    from collections.abc import Callable

    from checkout.aws.dead_letters import DeadLetters
    from checkout.webhook import WebhookVerifier

METRICS = {
    Outcome.APPLIED: Metric.WEBHOOKS_APPLIED,
    Outcome.DUPLICATE: Metric.WEBHOOKS_DUPLICATE,
    Outcome.STALE: Metric.WEBHOOKS_STALE,
    Outcome.IGNORED: Metric.WEBHOOKS_IGNORED,
}


@dataclass(frozen=True, slots=True)
class Deliveries:
    verifier: "WebhookVerifier"
    events: EventReader
    recorder: Recorder
    dead_letters: "Callable[[], DeadLetters]"

    def receive(self, body: bytes, signature: str | None) -> Outcome:
        """Process a delivery over HTTP; raise NotAuthentic if Stripe did not sign it.

        An event that fails for a reason that a retry can't fix is dead-lettered. Its error is
        raised too: Stripe retries for three days, in which a fixed version may be deployed.
        """
        event = self.verifier.authentic_event(body, signature)
        try:
            return self.process(event)
        except DependencyFailed:
            raise
        except Exception as error:
            self.dead_letters().send(event, error)
            raise

    def process(self, event: dict[str, Any]) -> Outcome:
        """Record the fact in an authentic event; raise what EventReader and Recorder raise."""
        logger.append_keys(event_id=event["id"], event_type=event["type"])
        try:
            outcome = self.recorder.record(self.events.fact(event)).outcome
        except Exception:
            count(Metric.WEBHOOKS_FAILED)
            raise
        logger.info("processed", outcome=outcome)
        count(METRICS[outcome])
        return outcome
