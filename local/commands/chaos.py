"""`make chaos N=300 SEED=7`: purchases of all kinds with every kind of failure.

Deliveries are duplicated, late, out of order, thin, or lost; Stripe's API fails and limits the
rate; the table throttles. Then everything recovers, and reconciliation repairs what is still
missing. Every order must match Stripe, and be published as paid once or never, with the bought
items. The seed decides what happens to each purchase and delivery; the timing depends on the
machine.
"""

import argparse
import random
import secrets
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

import httpx
import stripe

from local.cloud.deploy import stack_outputs
from local.cloud.invocations import physical_name, reconcile
from local.cloud.stack import LocalStack, local_stack
from local.cloud.throttling import Throttling, throttled_table
from local.commands.exit_code import exit_code
from local.machine.console import Console
from local.machine.ports import NO_TLS
from local.machine.waiting import wait_for
from local.shop.customer import Frontend
from local.shop.fulfilment import Fulfilment, fulfilment
from local.shop.merchant import Merchant
from local.shop.purchase_kinds import KINDS, Kind, Shopping
from local.shop.purchase_steps import plain_item
from ops.functions import STRIPE_WEBHOOK

if TYPE_CHECKING:
    from mypy_boto3_sqs.literals import QueueAttributeNameType

THREADS = 4
# Above it Lambda throttles, as above an account's limit. Also, each local environment unpacks the
# layer at its start: two dozen at once would take a minute.
WEBHOOK_CONCURRENCY = 6
BEHAVIOUR = {
    "duplicates": 1,
    "shuffle": True,
    "drop_probability": 0.25,
    "delay_seconds": 0.1,
}
# Faults of the backend's calls. The merchant makes some of these calls too, with retries.
FAULTS = (
    {"method": "POST", "path": "/v1/checkout/sessions", "status": 500},
    {"method": "POST", "path": "/v1/checkout/sessions", "status": 503, "times": 2},
    {"method": "POST", "path": "/v1/checkout/sessions", "status": 429, "times": 2},
    {"method": "POST", "path": "/v1/checkout/sessions/*", "status": 503, "times": 2},
    {"method": "GET", "path": "/v1/checkout/sessions*", "status": 500, "times": 2},
    {"method": "GET", "path": "/v1/refunds*", "status": 500, "times": 3},
    {"method": "GET", "path": "/v1/refunds", "status": 429, "times": 2},
    {"method": "GET", "path": "/v1/disputes/*", "status": 503, "times": 3},
)
FAULT_PROBABILITY = 0.5
THIN_PROBABILITY = 0.25
THROTTLED_PROBABILITY = 0.15
MERCHANTS_RETRIES = 6
MOST_RUNS = 10
PUBLISHED_SECONDS = 120.0

type Json = dict[str, Any]


@dataclass
class Bought:
    """An order, and its errors at the end."""

    kind: str
    order_id: str
    wrong: list[str] = field(default_factory=list)
    published_paid: int = 0


@dataclass(frozen=True)
class Chaos:
    stack: LocalStack
    seed: int
    throttling: Throttling
    listener: Fulfilment

    def shop(self, number: int, kind: str) -> Bought:
        """Make one purchase while changing the faults."""
        chance = random.Random(f"{self.seed}/{number}")  # noqa: S311  (chaos, not cryptography)
        faults = [chance.choice(FAULTS)] if chance.random() < FAULT_PROBABILITY else []
        thin = chance.random() < THIN_PROBABILITY
        self._control("PATCH", "behaviour", BEHAVIOUR | {"faults": faults, "thin_events": thin})
        facts = self.stack.facts
        sdk = client(self.stack)
        assert self.stack.price is not None  # noqa: S101  (Stripe is simulated)
        shopping = Shopping(Frontend(facts.api_url), Merchant(sdk), self.stack.price, chance)
        created = shopping.checkout()
        KINDS[kind].buy(shopping, created)
        return Bought(kind, created["order_id"])

    def calm_down(self) -> None:
        self.throttling.probability = 0.0
        self._control("DELETE", "behaviour")

    def reconciliation(self) -> Iterator[int]:
        """Yield how many orders each run repairs, up to the first that repairs none."""
        for _ in range(MOST_RUNS):
            repaired: int = reconcile(self.stack.aws)["repaired"]
            yield repaired
            if repaired == 0:
                return

    def judge(self, bought: list[Bought]) -> None:
        paid = {one.order_id for one in bought if KINDS[one.kind].status == "paid"}
        # Messages missing after the timeout are counted below, per order.
        with suppress(TimeoutError):
            wait_for(
                lambda: paid <= self._published_paid().keys(),
                "all is published",
                seconds=PUBLISHED_SECONDS,
            )
        published = self._published_paid()
        for one in bought:
            kind, order = KINDS[one.kind], self._order(one.order_id)
            one.published_paid = published[one.order_id]
            one.wrong += differences(kind, order)
            if one.published_paid != (kind.status == "paid"):
                one.wrong.append(f"published as paid {one.published_paid} times")
            if order.get("items") != self._bought:
                one.wrong.append(f"its items are {order.get('items')}")
            if one.published_paid and self.listener.shipped[one.order_id] != order["items"]:
                one.wrong.append(f"shipped {self.listener.shipped[one.order_id]}")

    def deliveries(self) -> Counter[str]:
        """Count the outcomes of all delivery attempts."""
        return Counter(one["outcome"] for one in self._control("GET", "deliveries"))

    def dead_lettered(self) -> int:
        """Count the events in the dead-letter queue: none, as every failure here is temporary."""
        url = stack_outputs(self.stack.aws)["UnprocessedEventsQueueUrl"]
        name: QueueAttributeNameType = "ApproximateNumberOfMessages"
        response = self.stack.aws.queues.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
        return int(response["Attributes"][name])

    @cached_property
    def _bought(self) -> list[Json]:
        """Return the items of every order, as Stripe names them."""
        price = client(self.stack).v1.prices.retrieve(str(self.stack.price))
        return [
            {
                "price": price.id,
                "product": price.product,
                "lookup_key": price.lookup_key,
                "quantity": 1,
                "amount_total": price.unit_amount,
            }
        ]

    def _published_paid(self) -> Counter[str]:
        self.listener.take()
        return Counter(one["order_id"] for one in self.listener.messages.values())

    def _order(self, order_id: str) -> Json:
        response = self.stack.aws.dynamodb.get_item(
            TableName=self.stack.facts.orders_table,
            Key={"order_id": {"S": order_id}},
            ConsistentRead=True,
        )
        return plain_item(response["Item"])

    def _control(self, method: str, name: str, document: Json | None = None) -> Any:  # noqa: ANN401
        url = f"{self.stack.facts.stripe_url}/_simulator/{name}"
        response = httpx.request(method, url, json=document, verify=NO_TLS)
        return response.raise_for_status().json()


def client(stack: LocalStack) -> stripe.StripeClient:
    """Return the merchant's own client, with retries."""
    return stripe.StripeClient(
        stack.facts.stripe_api_key,
        base_addresses={"api": stack.facts.stripe_url},
        max_network_retries=MERCHANTS_RETRIES,
    )


def differences(kind: Kind, order: Json) -> Iterator[str]:
    """Yield the differences between an order and its expected state."""
    wanted = {
        "status": kind.status,
        "amount_refunded": kind.amount_refunded,
        "dispute_status": kind.dispute_status,
    }
    for name, value in wanted.items():
        if order.get(name) != value:
            yield f"{name} is {order.get(name)} and not {value}"
    times = [entry["type"] for entry in order["history"]].count("order.paid")
    if times != (kind.status == "paid"):
        yield f"entered paid {times} times"


def table(bought: list[Bought]) -> Iterator[str]:
    yield f"{'kind':<24}{'orders':>8}{'right':>8}{'wrong':>8}{'order.paid':>12}"
    for kind in (*KINDS, "all"):
        orders = [one for one in bought if kind in {one.kind, "all"}]
        wrong = sum(bool(one.wrong) for one in orders)
        published = sum(one.published_paid for one in orders)
        yield f"{kind:<24}{len(orders):>8}{len(orders) - wrong:>8}{wrong:>8}{published:>12}"


def report(
    chaos: Chaos, bought: list[Bought], repaired: list[int], dead_lettered: int
) -> Iterator[str]:
    deliveries = chaos.deliveries().most_common()
    listener = chaos.listener
    yield ""
    yield from table(bought)
    yield ""
    for one in bought:
        for reason in one.wrong:
            yield f"WRONG  {one.order_id} ({one.kind}): {reason}"
    yield f"deliveries: {', '.join(f'{count} {name}' for name, count in deliveries)}"
    yield f"requests that the table throttled: {chaos.throttling.throttled}"
    yield f"events dead-lettered: {dead_lettered}"
    yield f"order.paid messages: {len(listener.messages)}, {len(listener.deliveries)} came"
    yield f"repaired by reconciliation: {sum(repaired)} ({', then '.join(map(str, repaired))})"
    yield f"seed: {chaos.seed}"


def run(console: Console, stack: LocalStack, number: int, seed: int) -> bool:
    """Run the purchases; return True if all orders are right at the end."""
    aws, topic = stack.aws, stack.facts.topic_arn
    with (
        throttled_table(aws, seed) as throttling,
        fulfilment(aws, topic, "chaos", "order.paid") as listener,
    ):
        chaos = Chaos(stack, seed, throttling, listener)
        throttling.probability = THROTTLED_PROBABILITY
        aws.functions.put_function_concurrency(
            FunctionName=physical_name(aws, STRIPE_WEBHOOK),
            ReservedConcurrentExecutions=WEBHOOK_CONCURRENCY,
        )
        kinds = list(islice(cycle(KINDS), number))
        with console.phase(f"{number} purchases, seed {seed}"), ThreadPoolExecutor(THREADS) as pool:
            bought = []
            for one in pool.map(chaos.shop, range(number), kinds):
                bought.append(one)
                console.progress(f"{len(bought)} of {number}")
        chaos.calm_down()
        with console.phase("Reconciliation"):
            repaired = list(chaos.reconciliation())
        with console.phase("Judgement"):
            chaos.judge(bought)
        dead_lettered = chaos.dead_lettered()
        for line in report(chaos, bought, repaired, dead_lettered):
            console.say(line)
    return repaired[-1] == 0 and dead_lettered == 0 and not any(one.wrong for one in bought)


def main() -> int:
    options = argparse.ArgumentParser(prog="make chaos", description=__doc__.partition("\n")[0])
    options.add_argument("--orders", type=int, default=100)
    options.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    given = options.parse_args()
    console = Console()

    def command() -> int:
        with local_stack(console, seed=given.seed) as stack:
            return 0 if run(console, stack, given.orders, given.seed) else 1

    return exit_code(console, command)


if __name__ == "__main__":
    sys.exit(main())
