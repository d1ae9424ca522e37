"""The steps of the service that have side effects, each in a world in which it is next."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from checkout import events
from checkout.aws.orders_table import PENDING_SHARDS
from tests.properties.world import DAY_SECONDS, World

type Json = dict[str, Any]
type Step = Callable[[], object]

SESSIONS, WRITE = "checkout", "UpdateItem"
# Counted from one: a shard is asked for before its orders are.
SHARD_OF_THE_FIRST, SHARD_OF_THE_SECOND = 7, 9
CREATED, PAID, REFUNDED = "order.created", "order.paid", "order.refunded"


@dataclass(frozen=True)
class Scenario:
    """`prepare` leaves a world in which the step that it gives is next; `changes` are what the
    order's history has in the end.

    `mended` is what the reconciliation finds to mend after the step was repeated. What
    `is_made_up` for, it mends also when nobody repeats the step.
    """

    prepare: Callable[[World], Step]
    effects: tuple[str, ...]
    changes: tuple[str, ...]
    mended: int = 0
    is_made_up: bool = True

    @property
    def points(self) -> list[str]:
        return [f"{moment} {effect}" for effect in self.effects for moment in ("before", "after")]


def sold(shop: World, by: str = "a card", key: str = "cart-77") -> str:
    """Sell a mug; give the session."""
    session_id: str = created(shop, key)["session_id"]
    shop.account.pay(session_id, by)
    return session_id


def created(shop: World, key: str) -> Json:
    answer = shop.service.create(shop.body(), key)
    assert answer["statusCode"] < 500, answer
    assert answer["statusCode"] == 201
    document: Json = json.loads(answer["body"])
    return document


def event_of(shop: World, type_: str) -> Json:
    """Give the last event of a type."""
    return [event for event in shop.account.new_events() if event["type"] == type_][-1]


def paid_event(shop: World) -> Json:
    sold(shop)
    return event_of(shop, "checkout.session.completed")


def refunded(shop: World, *amounts: int) -> None:
    """Sell, tell of it, and refund."""
    session_id = sold(shop)
    shop.service.confirm(session_id)
    for amount in amounts:
        shop.account.refund(session_id, amount)


def create(shop: World) -> Step:
    return lambda: shop.service.create(shop.body(), "cart-77")


def create_again_a_day_later(shop: World) -> Step:
    """Stripe has forgotten the key by then, and makes a second session."""
    create(shop)()
    shop.clock.now += DAY_SECONDS + 60
    return create(shop)


def create_with_another_body(shop: World) -> Step:
    create(shop)()
    return lambda: shop.service.create(shop.body("two mugs"), "cart-77")


def confirm(shop: World) -> Step:
    session_id = sold(shop)
    return lambda: shop.service.confirm(session_id)


def webhook(shop: World) -> Step:
    event = paid_event(shop)
    return lambda: shop.deliver(event)


def thin_webhook(shop: World) -> Step:
    event = paid_event(shop)
    return lambda: shop.deliver(event, "thin")


def eventbridge(shop: World) -> Step:
    event = paid_event(shop)
    return lambda: shop.deliver(event, "eventbridge")


def declined_webhook(shop: World) -> Step:
    sold(shop, "a card that is declined")
    event = event_of(shop, "payment_intent.payment_failed")
    return lambda: shop.deliver(event)


def refund_webhook(shop: World) -> Step:
    refunded(shop, 100)
    event = event_of(shop, "refund.created")
    return lambda: shop.deliver(event)


def refund_of_an_unknown_order(shop: World) -> Step:
    """The table was restored from before the order."""
    refunded(shop, 100)
    shop.service.table.items.clear()
    shop.service.table.stream.clear()
    event = event_of(shop, "refund.created")
    return lambda: shop.deliver(event)


def two_refunds_of_one_charge(shop: World) -> Step:
    refunded(shop, 100, 200)
    event = event_of(shop, "charge.refunded")
    return lambda: shop.deliver(event)


def dispute_webhook(shop: World) -> Step:
    shop.service.confirm(sold(shop, "a card that is disputed"))
    event = event_of(shop, "charge.dispute.created")
    return lambda: shop.deliver(event)


def reconcile(shop: World) -> Step:
    """Two orders, one of them refunded, of whose payments nobody was told."""
    shop.account.refund(sold(shop), 100)
    sold(shop, key="cart-90")
    return shop.service.reconcile


def keep(shop: World) -> Step:
    """A bug of ours is met by an event, which is kept; in the end it is mended, and repeated."""
    event = paid_event(shop)

    def deliver_to_a_bug() -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(events, "session_fact", lambda *_, **__: 1 / 0)
            answer = shop.service.receive(*shop.account.signed(event))
            assert answer["statusCode"] == 500

    return deliver_to_a_bug


def replay(shop: World) -> Step:
    keep(shop)()
    [kept] = shop.service.queue.messages
    shop.service.queue.messages.clear()
    return lambda: shop.service.receive_from_eventbridge(kept["requestPayload"]["detail"])


def publish(shop: World) -> Step:
    refunded(shop, 100)
    shop.deliver(event_of(shop, "refund.created"))
    return shop.service.publish


SCENARIOS = {
    "create": Scenario(create, (f"POST {SESSIONS}", WRITE), (CREATED,), is_made_up=False),
    "create again a day later": Scenario(
        create_again_a_day_later,
        (f"POST {SESSIONS}", WRITE, f"POST {SESSIONS}", f"GET {SESSIONS}"),
        (CREATED, "order.expired"),
        mended=1,
    ),
    "create with another body": Scenario(
        create_with_another_body, (f"POST {SESSIONS}", "GetItem"), (CREATED,)
    ),
    "confirm": Scenario(confirm, (f"GET {SESSIONS}", WRITE), (CREATED, PAID)),
    "webhook": Scenario(webhook, (WRITE,), (CREATED, PAID)),
    "thin webhook": Scenario(thin_webhook, (f"GET {SESSIONS}", WRITE), (CREATED, PAID)),
    "eventbridge": Scenario(eventbridge, (WRITE,), (CREATED, PAID)),
    "declined": Scenario(
        declined_webhook, (WRITE,), (CREATED, "order.payment_declined"), is_made_up=False
    ),
    "refund": Scenario(refund_webhook, ("GET refunds", WRITE), (CREATED, PAID, REFUNDED)),
    "refund of an unknown order": Scenario(
        refund_of_an_unknown_order,
        ("GET refunds", WRITE, f"GET {SESSIONS}", WRITE, WRITE),
        (PAID, REFUNDED),
    ),
    "two refunds of one charge": Scenario(
        two_refunds_of_one_charge,
        ("GET refunds", WRITE, WRITE, WRITE),
        (CREATED, PAID, REFUNDED, REFUNDED),
    ),
    "dispute": Scenario(
        dispute_webhook, ("GET disputes", WRITE), (CREATED, PAID, "order.dispute_opened")
    ),
    "reconcile": Scenario(
        reconcile,
        (
            "progress GetItem",
            *("GET refunds", WRITE, "GET disputes"),
            *["Query"] * SHARD_OF_THE_FIRST,
            *(f"GET {SESSIONS}", WRITE),
            # The first asks whether its shard has another page.
            *["Query"] * (1 + SHARD_OF_THE_SECOND - SHARD_OF_THE_FIRST),
            *(f"GET {SESSIONS}", WRITE),
            *["Query"] * (1 + PENDING_SHARDS - SHARD_OF_THE_SECOND),
            "progress PutItem",
        ),
        (CREATED, REFUNDED, PAID),
        is_made_up=False,
    ),
    "keep": Scenario(keep, ("SendMessage",), (CREATED, PAID)),
    "replay": Scenario(replay, (WRITE,), (CREATED, PAID)),
    "publish": Scenario(publish, ("Publish", "Publish"), (CREATED, PAID, REFUNDED)),
}
