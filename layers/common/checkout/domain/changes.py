"""Types of order changes, and outcomes of facts."""

from enum import StrEnum


class ChangeType(StrEnum):
    """The type of a change, in the history and in the published message."""

    CREATED = "order.created"
    EXPIRED = "order.expired"
    PROCESSING = "order.processing"
    FAILED = "order.failed"
    AUTHORIZED = "order.authorized"
    CANCELED = "order.canceled"
    PAID = "order.paid"
    # The status stays the same, and the known captured amount grows.
    CAPTURED = "order.captured"
    PAYMENT_DECLINED = "order.payment_declined"
    REFUNDED = "order.refunded"
    REFUND_UPDATED = "order.refund_updated"
    REFUND_FAILED = "order.refund_failed"
    DISPUTE_OPENED = "order.dispute_opened"
    DISPUTE_UPDATED = "order.dispute_updated"
    DISPUTE_CLOSED = "order.dispute_closed"


# If one fact changes several parts, the change has the first of these types.
MOST_NOTABLE_FIRST = (
    ChangeType.REFUND_FAILED,
    ChangeType.REFUNDED,
    ChangeType.REFUND_UPDATED,
    ChangeType.DISPUTE_OPENED,
    ChangeType.DISPUTE_CLOSED,
    ChangeType.DISPUTE_UPDATED,
    ChangeType.PAYMENT_DECLINED,
)

# Types that pass the stream's filter (template.yaml); the others are only in the history.
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
    """The effect of a fact on an order, which is also the webhook's response."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    STALE = "stale"
    IGNORED = "ignored"
    # Never returned to a caller: the recorder finds or completes the order, and tries again.
    UNRESOLVED = "unresolved"
