"""Promotion codes, which customers type to redeem a coupon."""

from typing import Literal

import stripe
from pydantic import Field

from stripe_simulator.api.errors import InvalidRequest
from stripe_simulator.api.lists import matches, page
from stripe_simulator.api.parameters import Fields, ListParameters, Parameters, missing
from stripe_simulator.api.values import (
    Boolean,
    Currency,
    Integer,
    Metadata,
    MetadataChanges,
    Period,
    Positive,
    Text,
    Text500,
)
from stripe_simulator.documents import Json
from stripe_simulator.identifiers import new_id
from stripe_simulator.objects import coupons, metadata
from stripe_simulator.objects.account import Account
from stripe_simulator.objects.shapes import declared

CODE_LENGTH = 8


class Promotion(Fields):
    coupon: Text | None = None
    type: Literal["coupon"]


class Restrictions(Fields):
    first_time_transaction: Boolean = False
    minimum_amount: Positive | None = None
    minimum_amount_currency: Currency | None = None


class CreatePromotionCode(Parameters):
    active: Boolean = True
    code: Text500 | None = None
    customer: Text | None = None
    expires_at: Integer | None = None
    max_redemptions: Positive | None = None
    metadata: Metadata = Field(default_factory=dict)
    promotion: Promotion
    restrictions: Restrictions = Field(default_factory=Restrictions)


class UpdatePromotionCode(Parameters):
    active: Boolean = True
    metadata: MetadataChanges = Field(default_factory=dict)


class ListPromotionCodes(ListParameters):
    active: Boolean | None = None
    code: Text | None = None
    coupon: Text | None = None
    created: Period | None = None
    customer: Text | None = None


def create(account: Account, parameters: CreatePromotionCode) -> Json:
    if parameters.promotion.coupon is None:
        raise missing("promotion[coupon]")
    account.coupons.named(parameters.promotion.coupon, "promotion[coupon]")
    if parameters.customer is not None:
        account.customers.named(parameters.customer, "customer")
    code = parameters.code or new_id("", CODE_LENGTH).lstrip("_").upper()
    if find(account, code) is not None:
        raise InvalidRequest(
            f"An active promotion code with `code: {code}` already exists.", param="code"
        )
    restrictions = parameters.restrictions
    if (restrictions.minimum_amount is None) != (restrictions.minimum_amount_currency is None):
        raise missing("restrictions[minimum_amount_currency]")
    promotion_code = declared(
        stripe.PromotionCode,
        **parameters.model_dump(exclude={"code", "expand"}),
        code=code,
        created=account.now(),
        id=new_id("promo"),
        livemode=account.livemode,
        times_redeemed=0,
    )
    _schedule_end(account, promotion_code)
    account.promotion_codes.add(promotion_code)
    account.record("promotion_code.created", promotion_code, None)
    return promotion_code


def resume(account: Account) -> None:
    """Schedule the changes of a snapshot's promotion codes."""
    for promotion_code in account.promotion_codes:
        _schedule_end(account, promotion_code)


def _schedule_end(account: Account, promotion_code: Json) -> None:
    if promotion_code["expires_at"] is not None:
        ends = promotion_code["expires_at"]
        account.schedule.at(ends, lambda: promotion_code.update(active=False))


def retrieve(account: Account, _: Parameters, id_: str) -> Json:
    return account.promotion_codes.retrieve(id_)


def update(account: Account, parameters: UpdatePromotionCode, id_: str) -> Json:
    return metadata.update(account, account.promotion_codes.retrieve(id_), parameters)


def list_(account: Account, parameters: ListPromotionCodes) -> Json:
    plain = matches(parameters, "active", "created", "customer")
    wanted = parameters.code and parameters.code.lower()

    def kept(code: Json) -> bool:
        return (
            plain(code)
            and (wanted is None or code["code"].lower() == wanted)
            and (parameters.coupon is None or code["promotion"]["coupon"] == parameters.coupon)
        )

    codes = account.promotion_codes.newest_first()
    return page(codes, parameters, url="/v1/promotion_codes", noun="promotion_code", keep=kept)


def find(account: Account, code: str) -> Json | None:
    """Return the active promotion code for a customer's input, ignoring case."""
    wanted = code.strip().lower()
    return next(
        (one for one in account.promotion_codes if one["active"] and one["code"].lower() == wanted),
        None,
    )


def require_redeemable(account: Account, promotion_code: Json, session: Json, param: str) -> None:
    """Check a code's restrictions: https://docs.stripe.com/payments/checkout/discounts"""
    coupon = account.coupons.find(promotion_code["promotion"]["coupon"])
    if not promotion_code["active"] or coupon is None:
        raise InvalidRequest("This promotion code is inactive.", param=param)
    if promotion_code["customer"] not in {None, session["customer"]}:
        raise _not_for_you(param)
    restrictions = promotion_code["restrictions"]
    if restrictions["first_time_transaction"] and _has_paid(account, session["customer"]):
        raise _not_for_you(param)
    least = restrictions["minimum_amount"]
    if least is not None and (
        session["amount_subtotal"] < least
        or restrictions["minimum_amount_currency"] != session["currency"]
    ):
        raise InvalidRequest(
            "This promotion code cannot be redeemed because the order is below its minimum amount.",
            param=param,
        )
    coupons.require_redeemable(coupon, session["currency"], param)


def redeem(promotion_code: Json) -> None:
    promotion_code["times_redeemed"] += 1
    most = promotion_code["max_redemptions"]
    if most is not None and promotion_code["times_redeemed"] >= most:
        promotion_code["active"] = False


def _has_paid(account: Account, customer: str | None) -> bool:
    """True if the customer has paid before; without a customer, Stripe assumes so."""
    return customer is None or any(
        intent["customer"] == customer and intent["status"] == "succeeded"
        for intent in account.payment_intents
    )


def _not_for_you(param: str) -> InvalidRequest:
    return InvalidRequest(
        "This promotion code cannot be redeemed because it is not valid for this customer.",
        param=param,
    )
