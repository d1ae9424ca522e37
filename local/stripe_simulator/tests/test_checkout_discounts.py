"""Coupons and promotion codes, and what they take off a Checkout Session."""

from typing import Any

import pytest
import stripe

from stripe_simulator.documents import Json
from stripe_simulator.testing import Shop
from support.refusals import refused

BREAKDOWN = ["total_details.breakdown", "line_items.data.discounts"]


@pytest.fixture
def half(sdk: stripe.StripeClient) -> stripe.Coupon:
    return sdk.v1.coupons.create({"percent_off": 50, "name": "Half off"})


def code(sdk: stripe.StripeClient, coupon: stripe.Coupon, **more: Any) -> stripe.PromotionCode:  # noqa: ANN401
    params: Any = {"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "SPRING"}
    return sdk.v1.promotion_codes.create(params | more)


def amounts(session: stripe.checkout.Session) -> tuple[int | None, int, int | None]:
    assert session.total_details is not None
    return session.amount_subtotal, session.total_details.amount_discount, session.amount_total


def test_coupon_takes_percent_off(shop: Shop, half: stripe.Coupon) -> None:
    session = shop.session(discounts=[{"coupon": half.id}], expand=BREAKDOWN)
    assert amounts(session) == (3000, 1500, 1500)
    assert session.discounts is not None
    assert session.discounts[0].coupon == half.id
    assert session.line_items is not None
    [item] = session.line_items.data
    assert (item.amount_subtotal, item.amount_discount, item.amount_total) == (3000, 1500, 1500)
    assert item.discounts is not None
    assert item.discounts[0].amount == 1500
    assert session.total_details is not None
    assert session.total_details.breakdown is not None
    [row] = session.total_details.breakdown.discounts
    assert (row.amount, row.discount.source.coupon) == (1500, half.id)


def test_coupon_takes_an_amount_off_some_products(sdk: stripe.StripeClient, shop: Shop) -> None:
    cheap, dear = shop.price(300), shop.price(9000)
    params: Any = {
        "amount_off": 500,
        "currency": "usd",
        "applies_to": {"products": [cheap.product]},
    }
    coupon = sdk.v1.coupons.create(params)
    items = [{"price": one.id, "quantity": 1} for one in (cheap, dear)]
    session = shop.session(line_items=items, discounts=[{"coupon": coupon.id}])
    assert amounts(session) == (9300, 300, 9000)


def test_promotion_code_gives_the_discount(
    sdk: stripe.StripeClient, shop: Shop, half: stripe.Coupon
) -> None:
    spring = code(sdk, half)
    session = shop.session(
        discounts=[{"promotion_code": spring.id}], expand=["discounts.promotion_code"]
    )
    assert session.amount_total == 1500
    assert session.discounts is not None
    promotion: Any = session.discounts[0].promotion_code
    assert promotion.code == "SPRING"


def test_discount_is_counted_when_the_session_is_paid(
    sdk: stripe.StripeClient, shop: Shop, half: stripe.Coupon
) -> None:
    spring = code(sdk, half, max_redemptions=1)
    session = shop.session(discounts=[{"promotion_code": spring.id}])
    shop.pay(session, "pm_card_visa")
    assert sdk.v1.coupons.retrieve(half.id).times_redeemed == 1
    used = sdk.v1.promotion_codes.retrieve(spring.id)
    assert (used.times_redeemed, used.active) == (1, False)
    paid = sdk.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert isinstance(paid.payment_intent, stripe.PaymentIntent)
    assert paid.payment_intent.amount == 1500


def test_coupon_of_all_needs_no_payment(sdk: stripe.StripeClient, shop: Shop) -> None:
    coupon = sdk.v1.coupons.create({"percent_off": 100})
    session = shop.session(discounts=[{"coupon": coupon.id}])
    assert (session.amount_total, session.payment_status) == (0, "no_payment_required")


def test_customer_types_a_promotion_code(
    sdk: stripe.StripeClient, shop: Shop, half: stripe.Coupon
) -> None:
    spring = code(sdk, half)
    session = shop.session(allow_promotion_codes=True)
    assert session.amount_total == 3000
    shop.pay(session, "pm_card_visa", promotion_code="spring", expected_amount=1500)
    paid = sdk.v1.checkout.sessions.retrieve(session.id)
    assert amounts(paid) == (3000, 1500, 1500)
    assert paid.discounts is not None
    assert paid.discounts[0].promotion_code == spring.id


@pytest.mark.parametrize(
    ("restricted", "message"),
    [
        ({"active": False}, "This promotion code is invalid."),
        (
            {"restrictions": {"minimum_amount": 5000, "minimum_amount_currency": "usd"}},
            "This promotion code cannot be redeemed because the order is below its minimum amount.",
        ),
        (
            {"restrictions": {"first_time_transaction": True}},
            "This promotion code cannot be redeemed because it is not valid for this customer.",
        ),
    ],
)
def test_promotion_code_is_refused_to_the_customer(
    sdk: stripe.StripeClient, shop: Shop, half: stripe.Coupon, restricted: Json, message: str
) -> None:
    code(sdk, half, **restricted)
    session = shop.session(allow_promotion_codes=True)
    with refused(400, message, param="promotion_code"):
        shop.pay(session, "pm_card_visa", promotion_code="SPRING")


def test_promotion_code_needs_a_session_that_allows_it(
    sdk: stripe.StripeClient, shop: Shop, half: stripe.Coupon
) -> None:
    code(sdk, half)
    message = "This Checkout Session does not allow promotion codes."
    with refused(400, message, param="promotion_code"):
        shop.pay(shop.session(), "pm_card_visa", promotion_code="SPRING")


@pytest.mark.parametrize(
    ("options", "message", "error_code", "param"),
    [
        (
            {"discounts": [{"coupon": "NONE"}]},
            "No such coupon: 'NONE'",
            "resource_missing",
            "discounts[0][coupon]",
        ),
        (
            {"discounts": [{"promotion_code": "promo_1"}]},
            "No such promotion code: 'promo_1'",
            "resource_missing",
            "discounts[0][promotion_code]",
        ),
        (
            {"discounts": [{"coupon": "NONE"}], "allow_promotion_codes": False},
            "You may only specify one of these parameters: allow_promotion_codes, discounts.",
            None,
            "allow_promotion_codes",
        ),
    ],
)
def test_session_refuses_a_discount(
    shop: Shop, options: Json, message: str, error_code: str | None, param: str
) -> None:
    with refused(400, message, code=error_code, param=param):
        shop.session(**options)


def test_expired_coupon_is_refused(sdk: stripe.StripeClient, shop: Shop) -> None:
    coupon = sdk.v1.coupons.create({"percent_off": 10, "max_redemptions": 1})
    session = shop.session(discounts=[{"coupon": coupon.id}])
    shop.pay(session, "pm_card_visa")
    with refused(
        400, f"Coupon expired: {coupon.id}", code="coupon_expired", param="discounts[0][coupon]"
    ):
        shop.session(discounts=[{"coupon": coupon.id}])


def test_coupon_has_percent_or_amount(sdk: stripe.StripeClient) -> None:
    message = (
        "You must pass either `percent_off` or `amount_off` when creating a coupon, and not both."
    )
    with refused(400, message):
        sdk.v1.coupons.create({"name": "Nothing off"})


def test_codes_and_coupons_are_listed_and_deleted(
    sdk: stripe.StripeClient, half: stripe.Coupon
) -> None:
    spring = code(sdk, half)
    listed = sdk.v1.promotion_codes.list({"code": "SPRING", "active": True}).data
    assert [one.id for one in listed] == [spring.id]
    assert sdk.v1.coupons.delete(half.id).deleted
    assert sdk.v1.coupons.list().data == []
