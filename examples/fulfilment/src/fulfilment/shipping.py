"""Replace these two functions with what your warehouse needs. Both may be called again.

Where to ship is not in the messages: it is Stripe's, or in your own data.
"""

from collections.abc import Sequence

from aws_lambda_powertools import Logger

from fulfilment.addresses import ShippingAddress
from fulfilment.messages import Item

logger = Logger()


def ship(order_id: str, items: Sequence[Item], to: ShippingAddress | None) -> None:
    """Ship the items; raise if that failed, and it is tried again.

    `to` is None where the checkout asks for no address, or this service has no key for Stripe.

    It is called once for each order, and again only if the call before it failed or did not end.
    Send `order_id` as the idempotency key, so that an order that left is not shipped again.
    """
    shipped = [{"price": item.price, "quantity": item.quantity} for item in items]
    logger.info("shipped", order_id=order_id, items=shipped, has_address=to is not None)


def recall(order_id: str, reason: str) -> None:
    """Stop an order that was shipped, or is being shipped: its money was refunded, or is disputed.

    `reason` is `refunded` or `disputed`.
    """
    logger.warning("to be recalled", order_id=order_id, reason=reason)
