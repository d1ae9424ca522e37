"""Replace these two functions with your warehouse's. Both may be called more than once.

Addresses are not in the messages: they are at Stripe, or in your own data.
"""

from collections.abc import Sequence

from aws_lambda_powertools import Logger

from fulfilment.addresses import ShippingAddress
from fulfilment.messages import Item

logger = Logger()


def ship(order_id: str, items: Sequence[Item], to: ShippingAddress | None) -> None:
    """Ship the items; raise an error to have it retried.

    `to` is None if the checkout collects no address, or this service has no Stripe key. It is
    called once per order, and again only if the previous call failed or did not finish. Send
    `order_id` as the idempotency key, so that no order is shipped twice.
    """
    shipped = [{"price": item.price, "quantity": item.quantity} for item in items]
    logger.info("shipped", order_id=order_id, items=shipped, has_address=to is not None)


def recall(order_id: str, reason: str) -> None:
    """Stop the shipment of an order that was refunded or is disputed.

    `reason` is `refunded` or `disputed`.
    """
    logger.warning("to be recalled", order_id=order_id, reason=reason)
