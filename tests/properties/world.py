"""A service and a Stripe account of its own, and what must be true of them at all times."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

from stripe_simulator.testing import SECRET_KEY, Clock, fast, running
from tests.properties.account import Account, Item, Truth, thin
from tests.properties.cloud import SecretStore
from tests.properties.service import Service
from tests.support.documents import Json

# A debit settles while other things are done; a refund fails, and a dispute is decided, when nobody
# looks any more.
SETTLES_AFTER = 3600.0
REFUNDED_AFTER = 20 * 3600.0
DAY_SECONDS = 24 * 3600
RANKS = ("open", "expired", "processing", "failed", "authorized", "canceled", "paid")
ENTERED_ONCE = ("order.created", *(f"order.{status}" for status in RANKS[1:]))
PENDING = {"open", "processing", "authorized"}
SAID_BY = {
    "checkout.session.async_payment_failed": "failed",
    "checkout.session.async_payment_succeeded": "paid",
    "checkout.session.expired": "expired",
}
OF_PAYMENTS = {
    "payment_intent.amount_capturable_updated": "authorized",
    "payment_intent.canceled": "expired",
    "payment_intent.succeeded": "paid",
}
MOST_DECLINES = 10
# In the order of account.Item, and of the message.
ITEM_FIELDS = ("price", "product", "lookup_key", "quantity", "amount_total")
FORMS = ("snapshot", "thin", "eventbridge", "thin over eventbridge")


@dataclass
class World:
    clock: Clock
    account: Account
    service: Service
    secret: SecretStore
    paid: set[str] = field(default_factory=set)
    checked: dict[str, Json] = field(default_factory=dict)

    def body(self, cart: str = "a mug", **more: object) -> Json:
        price, one = self.account.price, {"quantity": 1}
        items: dict[str, list[Json]] = {
            "a mug": [{"price": price} | one],
            "two mugs": [{"price": price, "quantity": 2}],
            "a mug by its lookup key": [{"lookup_key": "mug"} | one],
            # More than Stripe expands.
            "eleven lines": [{"price": price} | one] * 11,
            "what is not sold": [{"price": price} | one, {"price": self.account.unmarked} | one],
            "what is not sold, by its lookup key": [{"lookup_key": "staff_tv"} | one],
            "an unknown lookup key": [{"lookup_key": "no_such_key"} | one],
            "nothing but a free sticker": [{"price": self.account.free} | one],
        }
        return {"items": items[cart]} | more

    def deliver(self, event: Json, form: str = "snapshot", seconds_off: int = 0) -> bool:
        """Deliver an event; give whether it was acknowledged, and if so check that it is written.

        An event over EventBridge fails by an error, so that Lambda retries it.
        """
        document = thin(event) if "thin" in form else event
        if "eventbridge" in form:
            try:
                response = self.service.receive_from_eventbridge(document)
            except Exception:
                if self.service.effects.struck:
                    return False
                raise
            self._check_written(event, response["outcome"])
            return True
        response = self.service.receive(*self.account.signed(document, seconds_off))
        if self.service.effects.struck and response["statusCode"] >= 500:
            return False
        assert response["statusCode"] == 200, response
        self._check_written(event, json.loads(response["body"])["outcome"])
        return True

    def reconcile(self) -> Json:
        report = self.service.reconcile()
        assert report["finished"]
        assert report["failed"] == 0
        return report

    def check(self) -> None:
        """What no step may break, whatever happened."""
        table = self.service.table
        for order_id, item in table.items.items():
            entered = table.entered(order_id)
            status = item["status"]["S"]
            declines = table.declines_written[order_id]
            assert len(entered) + declines == int(item["version"]["N"])
            assert len(item["declines"]["M"]) <= MOST_DECLINES
            assert all(entered.count(change) <= 1 for change in ENTERED_ONCE), entered
            assert ("order.paid" in entered) == (status == "paid")
            assert order_id not in self.paid or status == "paid", "paid was lost"
            assert ("pending_shard" in item) == (status in PENDING)
        self.paid |= {order_id for order_id in table.items if table.status(order_id) == "paid"}

    def check_against_stripe(self) -> None:
        """No order that was changed may say more than Stripe's objects do."""
        for order_id, item in self.service.table.items.items():
            if self.checked.get(order_id) is item:
                continue
            self.checked[order_id] = item
            session_id = item["session_id"]["S"]
            assert self.account.is_ours(session_id, order_id)
            truth = self.account.truth(session_id)
            assert RANKS.index(item["status"]["S"]) <= RANKS.index(truth.status)
            assert int(item["amount_total"]["N"]) == truth.amount_total
            assert item["currency"]["S"] == truth.currency

    def check_convergence(self) -> None:
        """Every order is what Stripe's objects say, and its payment was published once."""
        for order_id, item in self.service.table.items.items():
            assert stored(item) == self.account.truth(item["session_id"]["S"]), order_id
        paid = [one for one in self.service.topic.messages if one["type"] == "order.paid"]
        published = {message["id"]: message for message in paid}
        orders = [message["order_id"] for message in published.values()]
        assert sorted(orders) == sorted(self.paid)
        for message in published.values():
            item = self.service.table.items[message["order_id"]]
            assert tuple(tuple(one.values()) for one in message["items"]) == items(item)

    def _check_written(self, event: Json, outcome: str) -> None:
        """What was acknowledged is in the table, and what is not ours is not."""
        order_id = self.account.owner(event)
        if order_id is None:
            assert outcome == "ignored"
            return
        stripe_object = event["data"]["object"]
        item = self.service.table.items.get(order_id, {})
        match stripe_object["object"]:
            case "refund":
                assert stripe_object["id"] in item["refunds"]["M"]
            case "dispute":
                assert stripe_object["id"] in item["disputes"]["M"]
            case "charge" if event["type"] == "charge.refunded":
                assert item["refunds"]["M"]
            case "charge":
                assert item["status"]["S"] == "paid"
            case "payment_intent" if _is_marked_and_by_hand(stripe_object):
                # The index may lag, and reconciliation finds those without a mark.
                status = RANKS.index(item["status"]["S"])
                assert status >= RANKS.index(OF_PAYMENTS.get(event["type"], "open"))
            case "checkout.session" if stripe_object["id"] == item["session_id"]["S"]:
                status = RANKS.index(item["status"]["S"])
                assert status >= RANKS.index(SAID_BY.get(event["type"]) or _completed(event))


def stored(item: Json) -> Truth:
    """Read an item as what it says of Stripe's objects."""
    return Truth(
        status=item["status"]["S"],
        payment_status=item["payment_status"]["S"],
        payment_intent=item["payment_intent"]["S"] if "payment_intent" in item else None,
        amount_total=int(item["amount_total"]["N"]),
        amount_captured=_captured(item),
        amount_refunded=int(item["amount_refunded"]["N"]),
        currency=item["currency"]["S"],
        dispute_status=item["dispute_status"]["S"] if "dispute_status" in item else None,
        items=items(item),
    )


def _captured(item: Json) -> int:
    """Read what a tool of somebody's would: all of a paid order, where nothing else is said."""
    if "amount_captured" in item:
        return int(item["amount_captured"]["N"])
    return int(item["amount_total"]["N"]) if item["status"]["S"] == "paid" else 0


def items(order: Json) -> tuple[Item, ...]:
    """Read what an order says was bought."""
    read = TypeDeserializer().deserialize
    found: Any = [[read(line["M"][name]) for name in ITEM_FIELDS] for line in order["items"]["L"]]
    return tuple(
        (price, product, key, int(q), int(total)) for price, product, key, q, total in found
    )


@contextmanager
def world() -> Iterator[World]:
    settings = fast(async_payment_seconds=SETTLES_AFTER, refund_seconds=REFUNDED_AFTER)
    clock = Clock()
    with running(settings, clock) as simulator:
        secret = SecretStore(SECRET_KEY)
        account = Account(simulator)
        secret.signing_secrets = account.signing_secrets
        service = Service(simulator, secret)
        try:
            yield World(clock, account, service, secret)
        finally:
            service.stop()


def _is_marked_and_by_hand(intent: Json) -> bool:
    mark: str = intent["metadata"].get("order_id", "")
    return mark.startswith("ord_") and intent["capture_method"] == "manual"


def _completed(event: Json) -> str:
    return "paid" if event["data"]["object"]["payment_status"] == "paid" else "processing"
