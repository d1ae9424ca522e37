"""The messages of the order topic, with the fields that fulfilment reads.

docs/order-message.schema.json of the checkout service describes the whole message. Other fields are
ignored, so a later version may add some.
"""

from typing import Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, PositiveInt, model_validator

Handled = Literal[
    "order.paid",
    "order.captured",
    "order.refunded",
    "order.refund_failed",
    "order.dispute_opened",
    "order.dispute_closed",
]
HANDLED: tuple[str, ...] = get_args(Handled)
PAID = "order.paid"
# Any other status, known or not, means that the money is or may be taken back.
# https://docs.stripe.com/api/disputes/object#dispute_object-status
HARMLESS_DISPUTES = (None, "warning_closed", "won")


class _Read(BaseModel):
    # Errors are logged: their text names the field and hides its value.
    model_config = ConfigDict(frozen=True, strict=True, hide_input_in_errors=True)


class Item(_Read):
    price: str
    product: str
    lookup_key: str | None
    quantity: PositiveInt


class OrderMessage(_Read):
    """A change of an order, with the order after that change.

    Of two messages about one order, the one with the higher `version` is the later. Amounts are in
    the currency's minor unit: less than the total is captured of a payment captured in part.
    `amount_captured` is None in messages of a checkout stack from before it was there.
    """

    id: str
    type: Handled
    version: PositiveInt
    order_id: str
    session_id: str
    amount_total: int
    amount_captured: int | None = None
    amount_refunded: int
    dispute_status: str | None
    items: tuple[Item, ...] | None

    @model_validator(mode="after")
    def _paid_orders_have_items(self) -> Self:
        if self.type == PAID and not self.items:
            raise ValueError("order.paid has no items: look them up at Stripe, and ship by hand")
        return self

    @property
    def hold(self) -> Literal["disputed", "refunded"] | None:
        """The reason not to ship the order, None if this message has none.

        A partial refund is no reason: the message does not say which item it was for.
        """
        if self.dispute_status not in HARMLESS_DISPUTES:
            return "disputed"
        taken = self.amount_total if self.amount_captured is None else self.amount_captured
        # Of a free order nothing was taken, and there is nothing to refund.
        return "refunded" if 0 < taken <= self.amount_refunded else None


class _Typed(_Read):
    type: str


def read_message(body: str) -> OrderMessage | None:
    """Read a message; None for a type that fulfilment does not handle.

    Raise pydantic.ValidationError for anything that is not such a message.
    """
    if _Typed.model_validate_json(body).type not in HANDLED:
        return None
    return OrderMessage.model_validate_json(body)
