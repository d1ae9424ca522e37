"""The names of what can happen to an order."""

from enum import StrEnum


class ChangeType(StrEnum):
    """What a change is called in the history, and in the message that publishes it."""

    CREATED = "order.created"
    EXPIRED = "order.expired"
    PROCESSING = "order.processing"
    FAILED = "order.failed"
    AUTHORIZED = "order.authorized"
    CANCELED = "order.canceled"
    PAID = "order.paid"
    # The status stays: more is known to be captured than before.
    CAPTURED = "order.captured"
    PAYMENT_DECLINED = "order.payment_declined"
    REFUNDED = "order.refunded"
    REFUND_UPDATED = "order.refund_updated"
    REFUND_FAILED = "order.refund_failed"
    DISPUTE_OPENED = "order.dispute_opened"
    DISPUTE_UPDATED = "order.dispute_updated"
    DISPUTE_CLOSED = "order.dispute_closed"


# Where one fact brings several parts, the change is named after the first of these.
MOST_NOTABLE_FIRST = (
    ChangeType.REFUND_FAILED,
    ChangeType.REFUNDED,
    ChangeType.REFUND_UPDATED,
    ChangeType.DISPUTE_OPENED,
    ChangeType.DISPUTE_CLOSED,
    ChangeType.DISPUTE_UPDATED,
    ChangeType.PAYMENT_DECLINED,
)

# What the stream's filter lets through (template.yaml); the others are in the order's history.
PUBLISHED = (
    ChangeType.PROCESSING,
    ChangeType.AUTHORIZED,
    ChangeType.CANCELED,
    ChangeType.PAID,
    ChangeType.CAPTURED,
    ChangeType.FAILED,
    ChangeType.EXPIRED,
    ChangeType.REFUNDED,
    ChangeType.REFUND_FAILED,
    ChangeType.DISPUTE_OPENED,
    ChangeType.DISPUTE_CLOSED,
)


class Outcome(StrEnum):
    """What a fact did to an order, and so what the webhook responds."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    STALE = "stale"
    IGNORED = "ignored"
    # Never responded: the recorder finds the right order, or completes it, and tries again.
    UNRESOLVED = "unresolved"
