"""The stack's Stripe account, and purchases in parallel to a command."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any

from checkout.credentials import MIN_REFETCH_INTERVAL
from local.cloud.stack import LocalStack
from ops.connection import Connection
from ops.destinations import Destination, Destinations
from ops.environment import environment
from ops.stack import Stack
from ops.webhook import Webhook
from tests.integration.world import World
from tests.support.documents import Json

PATIENCE_SECONDS = 60.0
# Without forged deliveries, functions may read the secret again after the minimum interval. Only
# the clock of each running function says when: there is no event to wait for.
LEARN_SECONDS = MIN_REFETCH_INTERVAL
DRAIN = ("--drain", str(LEARN_SECONDS))


class Interrupted(Exception):
    """The operator's command is interrupted."""


@dataclass
class Steps:
    """Interrupts a command after a number of steps."""

    allowed: int | None = None
    begun: list[str] = field(default_factory=list)

    def __call__(self, text: str) -> None:
        if self.allowed is not None and len(self.begun) == self.allowed:
            raise Interrupted(text)
        self.begun.append(text)


@cache
def deployed(stack: LocalStack) -> Stack:
    """Read a stack once, because its clients take longer to make than most of their calls."""
    stack_file = stack.run / "operated.json"
    stack_file.write_text(json.dumps(asdict(stack.facts)))
    return Stack.read(environment("local", stack_file=stack_file))


def destinations(world: World) -> Destinations:
    return Destinations(world.simulator.sdk, world.stack.facts.webhook_url)


def registered(world: World) -> list[Destination]:
    return destinations(world).registered()


def connection(world: World, steps: Steps) -> Connection:
    """Return a connection in this process."""
    stack = deployed(world.stack)
    return Connection(
        name=stack.name,
        destinations=destinations(world),
        secret=stack.secret(),
        webhook=Webhook(stack, PATIENCE_SECONDS),
        say=steps,
        wait_for_functions=lambda: time.sleep(LEARN_SECONDS),
        wait_for_deliveries=world.simulator.wait_for_deliveries_under_way,
    )


def stored_secret(world: World) -> Json:
    text = world.stack.aws.secrets.get_secret_value(SecretId=world.stack.secret_id)["SecretString"]
    secret: Json = json.loads(text)
    return secret


def store_secret(world: World, secret: object) -> None:
    world.stack.aws.secrets.put_secret_value(
        SecretId=world.stack.secret_id, SecretString=json.dumps(secret)
    )


@contextmanager
def deliveries_going_on(world: World) -> Iterator[None]:
    """Create handled events at Stripe continuously."""
    over = threading.Event()
    sdk, price = world.simulator.sdk, world.stack.price
    params: Any = {
        "mode": "payment",
        "line_items": [{"price": price, "quantity": 1}],
        "success_url": "https://shop.example/thanks",
    }

    def make_events() -> None:
        while not over.is_set():
            session = sdk.v1.checkout.sessions.create(params)
            sdk.v1.checkout.sessions.expire(session.id)
            event = world.simulator.event_about(session.id, "checkout.session.expired")
            world.simulator.wait_for_delivery(event["id"])

    thread = threading.Thread(target=make_events)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def expired_events(world: World) -> list[str]:
    """Return the ids of `checkout.session.expired` events."""
    params: Any = {"type": "checkout.session.expired", "limit": 100}
    return [event.id for event in world.simulator.sdk.v1.events.list(params).auto_paging_iter()]
