"""The open, processing and authorized orders, read from the table into memory."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, Any

from checkout.aws.orders_table import PENDING_SHARDS, PendingOrder
from checkout.domain.order import OrderStatus
from checkout.log import logger
from checkout.reconciliation.lists import DAY_SECONDS

if TYPE_CHECKING:
    from checkout.aws.orders_table import OrdersTable
    from checkout.reconciliation.attempts import Run

# About 100 MB. Strangers can create more: only the oldest of each shard are read.
MAX_PER_SHARD = 200_000 // PENDING_SHARDS
# Stripe's clock may be ahead of ours, and a run by hand must find orders made just now.
CLOCK_SKEW_SECONDS = 300


@dataclass(slots=True)
class PendingOrders:
    """`waiting` has the orders not yet compared with Stripe, by session id.

    It has all of them only if `whole`. `created` has the creation time of each pending order. Those
    in `authorized` are separate: they wait for the merchant's capture and not for a payment.
    """

    waiting: dict[str, PendingOrder] = field(default_factory=dict)
    created: dict[str, int] = field(default_factory=dict)
    authorized: dict[str, int] = field(default_factory=dict)
    whole: bool = True

    def between(self, since: int, until: float = inf) -> list[PendingOrder]:
        """Return the waiting ones, oldest first."""
        found = [one for one in self.waiting.values() if since <= one.created_at <= until]
        return sorted(found, key=place)

    def compared(self, order: PendingOrder, status: OrderStatus) -> None:
        """Record the current status of an order at Stripe."""
        if status is OrderStatus.AUTHORIZED:
            self.authorized[order.order_id] = order.created_at
        if status is OrderStatus.AUTHORIZED or not status.is_pending:
            self.created.pop(order.order_id, None)

    def oldest_age(self, now: int) -> int:
        return _oldest(self.created, now)

    def oldest_authorized_age(self, now: int) -> int:
        return _oldest(self.authorized, now)


def _oldest(created: Mapping[str, int], now: int) -> int:
    return max(0, now - min(created.values(), default=now))


def place(order: PendingOrder) -> tuple[int, str]:
    return order.created_at, order.order_id


def read_pending(
    run: "Run", orders: "OrdersTable", pending: PendingOrders, now: int, until: int
) -> None:
    """Read all shards; orders created after `until` count as pending but need no check."""
    created_until = until + (CLOCK_SKEW_SECONDS if until == now else 0)
    for shard in range(PENDING_SHARDS):
        with run.isolated(shard=shard) as attempt:
            for order in _shard(orders, shard, now, pending):
                pending.created[order.order_id] = order.created_at
                if order.created_at > created_until:
                    continue
                if order.session_id is None:
                    run.failed += 1
                    logger.error("order without a session", order_id=order.order_id)
                else:
                    pending.waiting[order.session_id] = order
            run.succeeded()
        if attempt.error:
            pending.whole = False


def _shard(
    orders: "OrdersTable", shard: int, now: int, pending: PendingOrders
) -> Iterable[PendingOrder]:
    after: dict[str, Any] | None = None
    count = 0
    while True:
        # A day more: orders have Stripe's timestamps, whose clock may be ahead of ours.
        page, after = orders.pending(shard, created_until=now + DAY_SECONDS, after=after)
        yield from page
        count += len(page)
        if after is None:
            return
        if count >= MAX_PER_SHARD:
            pending.whole = False
            logger.warning("too many pending orders", read=count)
            return
