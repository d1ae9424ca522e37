"""The body of `POST /trusted/checkout/sessions`, sent by a shop's own server.

IAM authorises the caller. Unlike a browser, it may set amounts, a customer, discounts and options:
https://docs.stripe.com/api/checkout/sessions/create
"""

from typing import TYPE_CHECKING, Annotated, Any, Self, override

from pydantic import Field, ValidationInfo, field_validator, model_validator

from checkout.api.models import (
    MAX_ERRORS,
    MAX_ITEMS,
    MAX_METADATA,
    MAX_QUANTITY,
    WRONG_BODY,
    CheckoutRequest,
    Item,
    MetadataKey,
    MetadataValue,
    Model,
    pointer,
)
from checkout.errors import FieldError, InvalidRequest
from checkout.stripe.option_types import DENIED_IN_REQUEST, option_errors
from checkout.stripe.options import Options

if TYPE_CHECKING:
    from stripe.params.checkout import SessionCreateParams, SessionCreateParamsDiscount

Quantity = Annotated[int, Field(ge=0, le=MAX_QUANTITY)]
Name = Annotated[str, Field(min_length=1, max_length=5000)]
CouponId = Annotated[str, Field(min_length=1, max_length=200)]
PromotionCodeId = Annotated[str, Field(pattern=r"^promo_[A-Za-z0-9]{1,200}$")]


class ProductData(Model):
    name: Name


class PriceData(Model):
    """An amount for one item, in the currency's minor unit; Stripe creates a price for it."""

    currency: Annotated[str, Field(pattern="^[a-z]{3}$")]
    unit_amount: Annotated[int, Field(ge=0)]
    product_data: ProductData


class AdjustableQuantity(Model):
    """The customer may change the quantity on Stripe's page, within these bounds."""

    enabled: bool
    minimum: Quantity | None = None
    maximum: Quantity | None = None


class TrustedItem(Item):
    price_data: PriceData | None = None
    adjustable_quantity: AdjustableQuantity | None = None

    @override
    @model_validator(mode="after")
    def _one_name(self) -> Self:
        names = (self.price, self.lookup_key, self.price_data)
        if sum(name is not None for name in names) != 1:
            raise ValueError("name the price by one of price, lookup_key and price_data")
        return self

    @property
    @override
    def is_named(self) -> bool:
        return self.price_data is None

    @property
    def is_adjustable(self) -> bool:
        return self.adjustable_quantity is not None and self.adjustable_quantity.enabled

    @override
    def line_item(self, price: str | None) -> Any:
        line: dict[str, Any] = {"quantity": self.quantity}
        if self.price_data is None:
            line["price"] = price
        else:
            line["price_data"] = self.price_data.model_dump()
        if self.adjustable_quantity is not None:
            line["adjustable_quantity"] = self.adjustable_quantity.model_dump(exclude_none=True)
        return line


class Discount(Model):
    """https://docs.stripe.com/payments/checkout/discounts."""

    coupon: CouponId | None = None
    promotion_code: PromotionCodeId | None = None

    @model_validator(mode="after")
    def _one_name(self) -> Self:
        if (self.coupon is None) == (self.promotion_code is None):
            raise ValueError("name either a coupon or a promotion_code")
        return self

    def as_param(self) -> "SessionCreateParamsDiscount":
        if self.promotion_code is not None:
            return {"promotion_code": self.promotion_code}
        return {"coupon": self.coupon or ""}


class TrustedRequest(CheckoutRequest):
    """`options` override the environment's options file for this session (docs/options.md)."""

    items: Annotated[list[TrustedItem], Field(min_length=1, max_length=MAX_ITEMS)]  # type: ignore[assignment]
    # One less: a session with adjustable quantities has one more metadata key.
    metadata: (
        Annotated[dict[MetadataKey, MetadataValue], Field(max_length=MAX_METADATA - 1)] | None
    ) = None
    customer: Annotated[str, Field(pattern="^cus_[A-Za-z0-9]{1,200}$")] | None = None
    discounts: Annotated[list[Discount], Field(min_length=1, max_length=1)] | None = None
    options: dict[str, Any] | None = None

    @field_validator("customer")
    @classmethod
    def _one_customer(cls, customer: str | None, info: ValidationInfo) -> str | None:
        """Stripe accepts only one of customer and customer_email."""
        if customer is not None and info.data.get("customer_email") is not None:
            raise ValueError("not with customer_email: Stripe knows the customer's")
        return customer

    @classmethod
    @override
    def from_json(cls, body: bytes) -> Self:
        request = super().from_json(body)
        wrong = tuple(
            FieldError(pointer(("options", *error.path)), error.reason)
            for error in option_errors(request.options or {}, DENIED_IN_REQUEST)
        )
        if wrong:
            raise InvalidRequest(WRONG_BODY, wrong[:MAX_ERRORS])
        return request

    @property
    @override
    def own_options(self) -> Options:
        return self.options or {}

    @override
    def own_params(self) -> "SessionCreateParams":
        params: SessionCreateParams = {}
        if self.customer is not None:
            params["customer"] = self.customer
        if self.discounts is not None:
            params["discounts"] = [one.as_param() for one in self.discounts]
        return params

    @property
    @override
    def is_adjustable(self) -> bool:
        return any(item.is_adjustable for item in self.items)
