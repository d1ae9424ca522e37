"""Steps with side effects, these effects, and the expected order at the end."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.properties import crash_steps as steps
from tests.properties.crash_steps import Step
from tests.properties.world import World

WRITE, BY_PAYMENT = "UpdateItem", "Query payment_intent"
CREATE, EXPIRE = "POST sessions", "POST sessions/expire"
SESSION, LINES = "GET sessions", "GET sessions/line_items"
CREATED, PAID, REFUNDED = "order.created", "order.paid", "order.refunded"
EXPIRED, AUTHORIZED = "order.expired", "order.authorized"


@dataclass(frozen=True)
class Scenario:
    """`prepare` sets up a world and returns the next step.

    `changes` are the change types in the order's history at the end; empty if there is no order.
    `repaired` is the number of orders that reconciliation repairs after a retry of the step, one
    more after a break at a point in `left_at`. Without a retry it repairs the order if
    `is_reconciled`.
    """

    prepare: Callable[[World], Step]
    effects: tuple[str, ...]
    changes: tuple[str, ...]
    repaired: int = 0
    left_at: tuple[int, ...] = ()
    is_reconciled: bool = True

    @property
    def points(self) -> list[str]:
        return [f"{when} {effect}" for effect in self.effects for when in ("before", "after")]


SCENARIOS = {
    "create": Scenario(steps.create, (CREATE, WRITE), (CREATED,), is_reconciled=False),
    "create of eleven lines": Scenario(
        steps.create_of_many_lines, (CREATE, LINES, WRITE), (CREATED,), is_reconciled=False
    ),
    "create by a lookup key": Scenario(
        steps.create_by_lookup_key, ("GET prices", CREATE, WRITE), (CREATED,), is_reconciled=False
    ),
    "create of what is not sold": Scenario(
        steps.create_of_what_is_not_sold, (CREATE, EXPIRE), (), is_reconciled=False
    ),
    "create that replaces": Scenario(
        steps.create_that_replaces,
        (CREATE, WRITE, SESSION, EXPIRE, WRITE),
        (CREATED, EXPIRED),
        # Expired at Stripe and not recorded: a session that is not open is not touched.
        left_at=(8, 9),
        is_reconciled=False,
    ),
    "create again a day later": Scenario(
        steps.create_again_a_day_later,
        (CREATE, WRITE, EXPIRE, "GetItem", SESSION, WRITE),
        (CREATED, EXPIRED),
    ),
    "create with another body": Scenario(
        steps.create_with_another_body, (CREATE, "GetItem"), (CREATED,)
    ),
    "confirm": Scenario(steps.confirm, (SESSION, WRITE), (CREATED, PAID)),
    "webhook": Scenario(steps.webhook, (WRITE,), (CREATED, PAID)),
    "webhook of an unknown order": Scenario(
        steps.webhook_of_an_unknown_order, (WRITE, LINES, WRITE), (PAID,)
    ),
    "thin webhook": Scenario(steps.thin_webhook, (SESSION, WRITE), (CREATED, PAID)),
    "eventbridge": Scenario(steps.eventbridge, (WRITE,), (CREATED, PAID)),
    "declined": Scenario(steps.declined_webhook, (WRITE,), (CREATED,), is_reconciled=False),
    "refund": Scenario(steps.refund_webhook, ("GET refunds", WRITE), (CREATED, PAID, REFUNDED)),
    "refund after its metadata was cleared": Scenario(
        steps.refund_after_metadata_was_cleared,
        ("GET refunds", BY_PAYMENT, WRITE),
        (CREATED, PAID, REFUNDED),
    ),
    "refund marked as another order's": Scenario(
        steps.refund_marked_as_another_order,
        ("GET refunds", WRITE, BY_PAYMENT, WRITE),
        (CREATED, PAID, REFUNDED),
    ),
    "refund before the payment": Scenario(
        steps.refund_before_the_payment,
        ("GET refunds", WRITE, BY_PAYMENT, SESSION, WRITE, WRITE),
        (CREATED, PAID, REFUNDED),
    ),
    "refund of an unknown order": Scenario(
        steps.refund_of_an_unknown_order,
        ("GET refunds", WRITE, BY_PAYMENT, SESSION, WRITE, WRITE),
        (PAID, REFUNDED),
    ),
    "refund of unknown lines": Scenario(
        steps.refund_of_unknown_lines,
        ("GET refunds", WRITE, BY_PAYMENT, SESSION, WRITE, LINES, WRITE, WRITE),
        (PAID, REFUNDED),
    ),
    "two refunds of one charge": Scenario(
        steps.two_refunds_of_one_charge,
        ("GET refunds", WRITE),
        (CREATED, PAID, REFUNDED),
    ),
    "dispute": Scenario(
        steps.dispute_webhook, ("GET disputes", WRITE), (CREATED, PAID, "order.dispute_opened")
    ),
    "authorized before the session": Scenario(
        steps.authorized_webhook, (SESSION, WRITE), (CREATED, AUTHORIZED)
    ),
    "captured in part": Scenario(
        steps.captured_webhook, (SESSION, WRITE), (CREATED, AUTHORIZED, PAID)
    ),
    "charge captured": Scenario(
        steps.captured_charge_webhook, (SESSION, WRITE), (CREATED, AUTHORIZED, PAID)
    ),
    "captured after its metadata was cleared": Scenario(
        steps.captured_after_metadata_was_cleared,
        (BY_PAYMENT, SESSION, WRITE),
        (CREATED, AUTHORIZED, PAID),
    ),
    "canceled": Scenario(
        steps.canceled_webhook,
        ("GET payment_intents", SESSION, WRITE),
        (CREATED, AUTHORIZED, "order.canceled"),
    ),
    "dead-letter": Scenario(
        steps.dead_letter,
        ("dead-lettered GetItem", "SendMessage", "dead-lettered PutItem"),
        (CREATED, PAID),
    ),
    "replay": Scenario(steps.replay, (WRITE,), (CREATED, PAID)),
    "publish": Scenario(steps.publish, ("Publish", "Publish"), (CREATED, PAID, REFUNDED)),
}
