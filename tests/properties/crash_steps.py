"""The steps of the service that have side effects, each in a world in which it is next."""

import json
from collections.abc import Callable

import pytest

from checkout.stripe.readers import Readers
from tests.properties.world import DAY_SECONDS, World
from tests.support.documents import Json

type Step = Callable[[], object]

KEY, OTHER_KEY = "cart-77-of-a-customer", "cart-90-of-a-customer"


def sold(shop: World, by: str = "a card", key: str = KEY, cart: str = "a mug") -> str:
    """Sell a mug; give the session."""
    session_id: str = created(shop, key, cart)["session_id"]
    shop.account.pay(session_id, by)
    return session_id


def created(shop: World, key: str, cart: str = "a mug") -> Json:
    response = shop.service.create(shop.body(cart), key)
    assert response["statusCode"] == 201, response
    document: Json = json.loads(response["body"])
    return document


def event_of(shop: World, type_: str) -> Json:
    """Return the last event of a type."""
    return [event for event in shop.account.new_events() if event["type"] == type_][-1]


def paid_event(shop: World) -> Json:
    sold(shop)
    return event_of(shop, "checkout.session.completed")


def refunded(shop: World, *amounts: int) -> None:
    """Sell, confirm and refund."""
    session_id = sold(shop)
    shop.service.confirm(session_id)
    for amount in amounts:
        shop.account.refund(session_id, amount)


def create(shop: World, cart: str = "a mug") -> Step:
    return lambda: shop.service.create(shop.body(cart), KEY)


def create_of_many_lines(shop: World) -> Step:
    return create(shop, "eleven lines")


def create_by_lookup_key(shop: World) -> Step:
    return create(shop, "a mug by its lookup key")


def create_of_what_is_not_sold(shop: World) -> Step:
    return create(shop, "what is not sold")


def create_that_replaces(shop: World) -> Step:
    replaced = created(shop, OTHER_KEY)["session_id"]
    return lambda: shop.service.create(shop.body("two mugs", replaces=replaced), KEY)


def create_again_a_day_later(shop: World) -> Step:
    """Stripe has forgotten the key by then, and makes a second session."""
    create(shop)()
    shop.clock.now += DAY_SECONDS + 60
    return create(shop)


def create_with_another_body(shop: World) -> Step:
    create(shop)()
    return lambda: shop.service.create(shop.body("two mugs"), KEY)


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
    refunded(shop, 100)
    forget_orders(shop)
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


def webhook_of_an_unknown_order(shop: World) -> Step:
    """An event has no items: they are fetched before the order is written."""
    event = paid_event(shop)
    forget_orders(shop)
    return lambda: shop.deliver(event)


def refund_after_metadata_was_cleared(shop: World) -> Step:
    refunded(shop, 100)
    edit_payment(shop, "cleared")
    event = event_of(shop, "refund.created")
    return lambda: shop.deliver(event)


def refund_marked_as_another_order(shop: World) -> Step:
    refunded(shop, 100)
    edit_payment(shop, "the mark of another order")
    event = event_of(shop, "refund.created")
    return lambda: shop.deliver(event)


def refund_before_the_payment(shop: World) -> Step:
    """The payment is not reported yet, and the metadata names another order."""
    shop.account.refund(sold(shop), 100)
    edit_payment(shop, "the mark of another order")
    event = event_of(shop, "refund.created")
    return lambda: shop.deliver(event)


def refund_of_unknown_lines(shop: World) -> Step:
    """The session comes with its first ten line items: the others cost one more call."""
    shop.account.refund(sold(shop, cart="eleven lines"), 100)
    forget_orders(shop)
    event = event_of(shop, "refund.created")
    return lambda: shop.deliver(event)


def reserved(shop: World) -> str:
    """Sell a mug to be captured by hand; give the session."""
    response = shop.service.create(shop.body(), KEY, by_hand=True)
    session_id: str = json.loads(response["body"])["session_id"]
    shop.account.pay(session_id, "a card")
    return session_id


def authorized_webhook(shop: World) -> Step:
    """It comes before the session's own: the order knows no payment yet."""
    reserved(shop)
    event = event_of(shop, "payment_intent.amount_capturable_updated")
    return lambda: shop.deliver(event)


def captured_webhook(shop: World) -> Step:
    session_id = reserved(shop)
    shop.service.confirm(session_id)
    shop.account.capture(session_id, 100)
    event = event_of(shop, "payment_intent.succeeded")
    return lambda: shop.deliver(event)


def captured_charge_webhook(shop: World) -> Step:
    session_id = reserved(shop)
    shop.service.confirm(session_id)
    shop.account.capture(session_id, None)
    event = event_of(shop, "charge.captured")
    return lambda: shop.deliver(event)


def captured_after_metadata_was_cleared(shop: World) -> Step:
    session_id = reserved(shop)
    shop.service.confirm(session_id)
    edit_payment(shop, "cleared")
    shop.account.capture(session_id, None)
    event = event_of(shop, "payment_intent.succeeded")
    return lambda: shop.deliver(event)


def canceled_webhook(shop: World) -> Step:
    session_id = reserved(shop)
    shop.service.confirm(session_id)
    shop.account.cancel(session_id)
    event = event_of(shop, "payment_intent.canceled")
    return lambda: shop.deliver(event, "thin")


def edit_payment(shop: World, how: str) -> None:
    [sale] = list(shop.service.table.items.values())
    other_order = created(shop, OTHER_KEY)["order_id"]
    shop.account.edit_payment(sale["session_id"]["S"], how, other_order)


def forget_orders(shop: World) -> None:
    """The table was restored from before the order."""
    shop.service.table.items.clear()
    shop.service.table.stream.clear()


def dead_letter(shop: World) -> Step:
    """A bug of ours meets an event; in the end it is fixed, and the event replayed."""
    event = paid_event(shop)

    def deliver_to_a_bug() -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Readers, "session", lambda *_, **__: 1 / 0)
            response = shop.service.receive(*shop.account.signed(event))
            assert response["statusCode"] == 500

    return deliver_to_a_bug


def replay(shop: World) -> Step:
    dead_letter(shop)()
    [message] = shop.service.queue.messages
    shop.service.queue.messages.clear()
    return lambda: shop.service.receive_from_eventbridge(message["requestPayload"]["detail"])


def publish(shop: World) -> Step:
    refunded(shop, 100)
    shop.deliver(event_of(shop, "refund.created"))
    return shop.service.publish
