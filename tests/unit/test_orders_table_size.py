"""How large an order's item can become: DynamoDB refuses one of more than 400 KB."""

import random
from typing import Any, cast

from checkout.aws.orders_table import OrdersTable
from checkout.domain.changes import Outcome
from checkout.domain.order import OrderStatus
from checkout.domain.parts import Dispute
from tests.support.memory_table import Item, MemoryTable
from tests.support.purchases import decline, dispute, refund
from tests.support.samples import sample
from tests.support.stack import TABLE
from tests.support.stripe_objects import NOW, ORDER_ID, fact

DECLINES = sample(some=1_000, all=10_000)


def size(item: Item) -> int:
    """Return the bytes that DynamoDB counts, or a few more.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    """

    def of(attribute: Any) -> int:  # noqa: ANN401  (an attribute value)
        ((kind, value),) = attribute.items()
        if kind == "M":
            return 3 + sum(1 + len(name.encode()) + of(one) for name, one in value.items())
        if kind == "L":
            return 3 + sum(1 + of(one) for one in value)
        return len(str(value).encode()) + 1

    return of({"M": item})


def test_the_fullest_order_is_far_below_the_limit() -> None:
    """What strangers repeat adds at most a few KB; every refund and dispute is stored."""
    table = MemoryTable()
    orders = OrdersTable(cast("Any", table), TABLE, now=lambda: NOW)
    orders.record(fact(OrderStatus.OPEN))
    before = size(table.items[ORDER_ID])
    numbers = list(range(DECLINES))
    random.Random(7).shuffle(numbers)  # noqa: S311  (no secret)
    for number in numbers:
        orders.record(decline(f"ch_{number:024}", f"evt_{number:024}", attempted_at=number))
    item = table.items[ORDER_ID]
    assert size(item) - before < 1_000
    assert set(item["declines"]["M"]) == {f"ch_{n:024}" for n in range(DECLINES - 10, DECLINES)}
    assert len(item["history"]["L"]) == 1
    assert orders.record(fact(OrderStatus.PAID)).outcome is Outcome.APPLIED
    for number in range(300):
        orders.record(refund(f"re_{number:024}", "succeeded", 1, f"evt_{number:024}"))
    for number in range(20):
        for status in Dispute.weakest_first[:10]:
            orders.record(dispute(f"dp_{number:024}", status, f"evt_{number:024}"))
    item = table.items[ORDER_ID]
    assert (len(item["refunds"]["M"]), len(item["disputes"]["M"])) == (300, 20)
    assert len(item["history"]["L"]) == 2 + 300 + 200
    assert size(item) < 100_000
