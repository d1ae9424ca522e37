"""Coupons: a percentage or an amount off a purchase."""

from typing import Literal

import stripe
from pydantic import Field

from stripe_simulator.api.errors import InvalidRequest
from stripe_simulator.api.lists import matches, page
from stripe_simulator.api.parameters import Fields, ListParameters, Parameters, missing
from stripe_simulator.api.values import (
    Array,
    Currency,
    Integer,
    Metadata,
    MetadataChanges,
    PercentOff,
    Period,
    Positive,
    Text,
    Text40,
    TextOrUnset,
)
from stripe_simulator.documents import Json
from stripe_simulator.identifiers import new_id
from stripe_simulator.objects import metadata
from stripe_simulator.objects.account import Account
from stripe_simulator.objects.shapes import declared


class AppliesTo(Fields):
    products: Array[Text]


class CreateCoupon(Parameters):
    amount_off: Positive | None = None
    applies_to: AppliesTo | None = None
    currency: Currency | None = None
    duration: Literal["forever", "once", "repeating"] = "once"
    duration_in_months: Positive | None = None
    id: Text | None = None
    max_redemptions: Positive | None = None
    metadata: Metadata = Field(default_factory=dict)
    name: Text40 | None = None
    percent_off: PercentOff | None = None
    redeem_by: Integer | None = None


class UpdateCoupon(Parameters):
    metadata: MetadataChanges = Field(default_factory=dict)
    name: TextOrUnset = None


class ListCoupons(ListParameters):
    created: Period | None = None


def create(account: Account, parameters: CreateCoupon) -> Json:
    _require_valid(account, parameters)
    values = parameters.model_dump(exclude={"applies_to", "expand", "id"})
    coupon = declared(
        stripe.Coupon,
        **values,
        created=account.now(),
        id=parameters.id or new_id("", 8).lstrip("_"),
        livemode=account.livemode,
        times_redeemed=0,
        valid=True,
    )
    coupon.pop("applies_to", None)
    if parameters.applies_to is not None:
        account.coupon_products[coupon["id"]] = parameters.applies_to.products
    _schedule_end(account, coupon)
    account.coupons.add(coupon)
    account.record("coupon.created", coupon, None)
    return coupon


def resume(account: Account) -> None:
    """Schedule the changes of a snapshot's coupons."""
    for coupon in account.coupons:
        _schedule_end(account, coupon)


def _schedule_end(account: Account, coupon: Json) -> None:
    if coupon["redeem_by"] is not None:
        account.schedule.at(coupon["redeem_by"], lambda: coupon.update(valid=False))


def retrieve(account: Account, _: Parameters, id_: str) -> Json:
    return account.coupons.retrieve(id_)


def update(account: Account, parameters: UpdateCoupon, id_: str) -> Json:
    return metadata.update(account, account.coupons.retrieve(id_), parameters)


def delete(account: Account, _: Parameters, id_: str) -> Json:
    coupon = account.coupons.retrieve(id_)
    account.coupons.remove(id_)
    account.record("coupon.deleted", coupon, None)
    return {"id": id_, "object": "coupon", "deleted": True}


def list_(account: Account, parameters: ListCoupons) -> Json:
    coupons = account.coupons.newest_first()
    return page(
        coupons, parameters, url="/v1/coupons", noun="coupon", keep=matches(parameters, "created")
    )


def require_redeemable(coupon: Json, currency: str, param: str) -> None:
    """Refuse an exhausted coupon, or one with an amount in another currency."""
    if not coupon["valid"]:
        raise InvalidRequest(f"Coupon expired: {coupon['id']}", code="coupon_expired", param=param)
    if coupon["amount_off"] is not None and coupon["currency"] != currency:
        raise InvalidRequest(
            f"The coupon `{coupon['id']}` has an amount_off in {coupon['currency']}, which does "
            f"not match the currency of this Checkout Session: {currency}.",
            param=param,
        )


def redeem(coupon: Json) -> None:
    coupon["times_redeemed"] += 1
    most = coupon["max_redemptions"]
    coupon["valid"] = coupon["valid"] and (most is None or coupon["times_redeemed"] < most)


def _require_valid(account: Account, parameters: CreateCoupon) -> None:
    if parameters.id is not None and parameters.id in account.coupons:
        raise InvalidRequest("Coupon already exists.", code="resource_already_exists")
    if (parameters.amount_off is None) == (parameters.percent_off is None):
        raise InvalidRequest(
            "You must pass either `percent_off` or `amount_off` when creating a coupon, "
            "and not both."
        )
    if parameters.amount_off is not None and parameters.currency is None:
        raise missing("currency")
    if (parameters.duration == "repeating") != (parameters.duration_in_months is not None):
        raise InvalidRequest(
            "`duration_in_months` must be passed with a `duration` of `repeating`, and only then.",
            param="duration_in_months",
        )
    for position, product in enumerate(
        parameters.applies_to.products if parameters.applies_to else []
    ):
        account.products.named(product, f"applies_to[products][{position}]")
    if parameters.redeem_by is not None and parameters.redeem_by <= account.now():
        raise InvalidRequest("`redeem_by` must be in the future.", param="redeem_by")
