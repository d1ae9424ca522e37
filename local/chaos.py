"""`make chaos N=300 SEED=7`: purchases of all kinds while everything goes wrong that may.

Deliveries come twice, late, in any order, thin, or never; Stripe's API fails and is rate limited;
the table throttles. Then all is well again, what is still missing is reconciled, and every order
must be what Stripe knows of it, and be told as paid once or never. The seed decides what happens to
each purchase and delivery; when it happens depends on the machine.
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
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

import httpx
import stripe

from local.console import Console
from local.customer import NO_TLS, Frontend
from local.deploy import stack_outputs
from local.fulfilment import Fulfilment, fulfilment
from local.functions import physical_name, reconcile
from local.merchant import Merchant
from local.processes import LocalCloudError, Terminated
from local.purchase import plain_item
from local.shopping import KINDS, Kind, Shopping
from local.stack import LocalStack, local_stack
from local.throttling import Throttling, throttled_table
from local.waiting import wait_for

if TYPE_CHECKING:
    from mypy_boto3_sqs.literals import QueueAttributeNameType

INTERRUPTED = 130
THREADS = 4
# Above it Lambda throttles, as it does above an account's limit. And each environment that the
# local one starts unpacks the layer anew: two dozen at once would keep it busy for a minute.
WEBHOOK_CONCURRENCY = 6
BEHAVIOUR = {
    "duplicates": 1,
    "shuffle": True,
    "drop_probability": 0.25,
    "delay_seconds": 0.1,
}
# Of the backend's calls: the merchant, who makes some of them too, tries often enough.
FAULTS = (
    {"method": "POST", "path": "/v1/checkout/sessions", "status": 500},
    {"method": "POST", "path": "/v1/checkout/sessions", "status": 503, "times": 2},
    {"method": "POST", "path": "/v1/checkout/sessions", "status": 429, "times": 2},
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
TOLD_SECONDS = 120.0

type Json = dict[str, Any]


@dataclass
class Bought:
    """An order, and what is wrong with it in the end."""

    kind: str
    order_id: str
    wrong: list[str] = field(default_factory=list)
    told_paid: int = 0


@dataclass(frozen=True)
class Chaos:
    stack: LocalStack
    seed: int
    throttling: Throttling
    listener: Fulfilment

    def shop(self, number: int, kind: str) -> Bought:
        """Make one purchase, and change what goes wrong meanwhile."""
        chance = random.Random(f"{self.seed}/{number}")  # noqa: S311  (chaos, not cryptography)
        faults = [chance.choice(FAULTS)] if chance.random() < FAULT_PROBABILITY else []
        thin = chance.random() < THIN_PROBABILITY
        self._control("PATCH", "behaviour", BEHAVIOUR | {"faults": faults, "thin_events": thin})
        facts = self.stack.facts
        sdk = stripe.StripeClient(
            facts.stripe_api_key,
            base_addresses={"api": facts.stripe_url},
            max_network_retries=MERCHANTS_RETRIES,
        )
        assert self.stack.price is not None  # noqa: S101  (Stripe is simulated)
        shopping = Shopping(Frontend(facts.api_url), Merchant(sdk), self.stack.price, chance)
        created = shopping.checkout()
        KINDS[kind].buy(shopping, created)
        return Bought(kind, created["order_id"])

    def calm_down(self) -> None:
        self.throttling.probability = 0.0
        self._control("DELETE", "behaviour")

    def reconciliation(self) -> Iterator[int]:
        """Give how many orders each run mends, up to the first that mends none."""
        for _ in range(MOST_RUNS):
            mended: int = reconcile(self.stack.aws)["mended"]
            yield mended
            if mended == 0:
                return

    def judge(self, bought: list[Bought]) -> None:
        paid = {one.order_id for one in bought if KINDS[one.kind].status == "paid"}
        # What is not told in time is counted below, order by order.
        with suppress(TimeoutError):
            wait_for(lambda: paid <= self._told_paid().keys(), "all is told", seconds=TOLD_SECONDS)
        told = self._told_paid()
        for one in bought:
            kind, order = KINDS[one.kind], self._order(one.order_id)
            one.told_paid = told[one.order_id]
            one.wrong += differences(kind, order)
            if one.told_paid != (kind.status == "paid"):
                one.wrong.append(f"told as paid {one.told_paid} times")

    def deliveries(self) -> Counter[str]:
        """Count what became of each attempt to deliver an event."""
        return Counter(one["outcome"] for one in self._control("GET", "deliveries"))

    def kept(self) -> int:
        """Count the events that are kept as unprocessed: all that went wrong was somebody else's,
        and passed.
        """
        url = stack_outputs(self.stack.aws)["UnprocessedEventsQueueUrl"]
        name: QueueAttributeNameType = "ApproximateNumberOfMessages"
        answer = self.stack.aws.queues.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
        return int(answer["Attributes"][name])

    def _told_paid(self) -> Counter[str]:
        self.listener.take()
        return Counter(one["order_id"] for one in self.listener.messages.values())

    def _order(self, order_id: str) -> Json:
        answer = self.stack.aws.dynamodb.get_item(
            TableName=self.stack.facts.orders_table,
            Key={"order_id": {"S": order_id}},
            ConsistentRead=True,
        )
        return plain_item(answer["Item"])

    def _control(self, method: str, name: str, document: Json | None = None) -> Any:  # noqa: ANN401
        url = f"{self.stack.facts.stripe_url}/_simulator/{name}"
        answer = httpx.request(method, url, json=document, verify=NO_TLS)
        return answer.raise_for_status().json()


def differences(kind: Kind, order: Json) -> Iterator[str]:
    """Say what an order is, where it should be something else."""
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
        yield f"went to paid {times} times"


def table(bought: list[Bought]) -> Iterator[str]:
    yield f"{'kind':<24}{'orders':>8}{'right':>8}{'wrong':>8}{'order.paid':>12}"
    for kind in (*KINDS, "all"):
        orders = [one for one in bought if kind in {one.kind, "all"}]
        wrong = sum(bool(one.wrong) for one in orders)
        told = sum(one.told_paid for one in orders)
        yield f"{kind:<24}{len(orders):>8}{len(orders) - wrong:>8}{wrong:>8}{told:>12}"


def run(console: Console, stack: LocalStack, number: int, seed: int) -> bool:
    """Whether everything was right in the end."""
    aws, topic = stack.aws, stack.facts.topic_arn
    with (
        throttled_table(aws, seed) as throttling,
        fulfilment(aws, topic, "chaos", "order.paid") as listener,
    ):
        chaos = Chaos(stack, seed, throttling, listener)
        throttling.probability = THROTTLED_PROBABILITY
        aws.functions.put_function_concurrency(
            FunctionName=physical_name(aws, "StripeWebhookFunction"),
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
            mended = list(chaos.reconciliation())
        with console.phase("Judgement"):
            chaos.judge(bought)
        deliveries, kept = chaos.deliveries(), chaos.kept()
    console.say()
    for line in table(bought):
        console.say(line)
    console.say()
    for one in bought:
        for reason in one.wrong:
            console.say(f"WRONG  {one.order_id} ({one.kind}): {reason}")
    console.say(
        f"deliveries: {', '.join(f'{count} {name}' for name, count in deliveries.most_common())}"
    )
    console.say(f"requests that the table throttled: {throttling.throttled}")
    console.say(f"events kept as unprocessed: {kept}")
    console.say(f"order.paid messages: {len(listener.messages)}, {len(listener.deliveries)} came")
    console.say(f"mended by reconciliation: {sum(mended)} ({', then '.join(map(str, mended))})")
    console.say(f"seed: {seed}")
    return mended[-1] == 0 and kept == 0 and not any(one.wrong for one in bought)


def main() -> int:
    options = argparse.ArgumentParser(prog="make chaos", description=__doc__.partition("\n")[0])
    options.add_argument("--orders", type=int, default=100)
    options.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    given = options.parse_args()
    console = Console()
    try:
        with local_stack(console, seed=given.seed) as stack:
            return 0 if run(console, stack, given.orders, given.seed) else 1
    except LocalCloudError as error:
        console.say(f"\n{error.explained()}")
        return 1
    except (KeyboardInterrupt, Terminated):
        console.say("\nInterrupted. Everything that was started is stopped.")
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
