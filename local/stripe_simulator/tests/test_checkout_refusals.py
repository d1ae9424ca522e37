"""What Stripe refuses to make a Checkout Session of."""

from typing import Any

import pytest
import stripe

from stripe_simulator.documents import Json
from stripe_simulator.testing import Shop
from support.refusals import refused

INLINE: Json = {"currency": "usd", "unit_amount": 500, "product_data": {"name": "Poster"}}


def without(data: Json, name: str) -> Json:
    return {key: value for key, value in data.items() if key != name}


@pytest.mark.parametrize("name", ["mode", "success_url", "line_items"])
def test_required_parameter_is_missed(sdk: stripe.StripeClient, shop: Shop, name: str) -> None:
    params: Any = {
        "mode": "payment",
        "line_items": [{"price": shop.price().id, "quantity": 1}],
        "success_url": "https://shop.example/thanks",
    }
    message = f"Missing required param: {name}."
    with refused(400, message, code="parameter_missing", param=name):
        sdk.v1.checkout.sessions.create(without(params, name))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "message", "code", "param"),
    [
        ({"success_url": "shop"}, "Not a valid URL", "url_invalid", "success_url"),
        ({"cancel_url": "javascript:alert(1)"}, "Not a valid URL", "url_invalid", "cancel_url"),
        (
            {"customer_email": "jenny"},
            "Invalid email address: jenny",
            "email_invalid",
            "customer_email",
        ),
        (
            {"mode": "gift"},
            "Invalid mode: must be one of payment, setup, or subscription",
            None,
            "mode",
        ),
        (
            {"customer": "cus_nobody"},
            "No such customer: 'cus_nobody'",
            "resource_missing",
            "customer",
        ),
        (
            {"payment_method_types": ["sepa_debit"]},
            (
                "The currency provided (usd) is invalid. Payments with sepa_debit support the "
                "following currencies: eur."
            ),
            None,
            "payment_method_types",
        ),
        (
            {"payment_method_types": ["cash"]},
            "Invalid payment_method_types[0]: must be one of card or sepa_debit",
            None,
            "payment_method_types[0]",
        ),
        (
            {"currency": "eur"},
            (
                "The price specified only supports `usd`. This doesn't match the expected "
                "currency: "
                "`eur`."
            ),
            None,
            "line_items[0][price]",
        ),
        (
            {"metadata": {"k" * 41: "value"}},
            (
                "Metadata keys can have up to 40 characters, but you passed in a value that is 41 "
                f"characters. Invalid value: {'k' * 41}"
            ),
            None,
            "metadata",
        ),
        (
            {"metadata": {"key": "v" * 501}},
            (
                "Metadata values can have up to 500 characters, but you passed in a value that is "
                "501 "
                f"characters. Invalid value: {'v' * 501}"
            ),
            None,
            "metadata",
        ),
    ],
)
def test_parameter_is_refused(
    shop: Shop, changes: Json, message: str, code: str | None, param: str
) -> None:
    with refused(400, message, code=code, param=param):
        shop.session(**changes)


def test_customer_and_email_exclude_each_other(sdk: stripe.StripeClient, shop: Shop) -> None:
    message = "You may only specify one of these parameters: customer, customer_email."
    with refused(400, message, param="customer"):
        shop.session(customer=sdk.v1.customers.create().id, customer_email="jenny@example.com")


@pytest.mark.parametrize(
    ("item", "message", "code", "param"),
    [
        (
            {"price": "price_none", "quantity": 1},
            "No such price: 'price_none'",
            "resource_missing",
            "[price]",
        ),
        (
            {"quantity": 1},
            "You must provide one of `price` or `price_data` for each line item when using prices.",
            None,
            "",
        ),
        (
            {"price_data": INLINE},
            "Quantity is required. Add `quantity` to `line_items[1]`",
            None,
            "",
        ),
        (
            {"price_data": INLINE, "quantity": 0},
            "This value must be greater than or equal to 1.",
            "parameter_invalid_integer",
            "[quantity]",
        ),
        (
            {"price_data": INLINE | {"currency": "eur"}, "quantity": 1},
            (
                "The price specified only supports `eur`. This doesn't match the expected "
                "currency: "
                "`usd`."
            ),
            None,
            "[price]",
        ),
        (
            {"price_data": without(INLINE, "unit_amount"), "quantity": 1},
            "Prices require an `unit_amount` or `unit_amount_decimal` parameter to be set.",
            None,
            None,
        ),
        (
            {"price_data": without(INLINE, "product_data"), "quantity": 1},
            "You must specify either `product` or `product_data` when creating a price.",
            None,
            None,
        ),
        (
            {"price_data": INLINE | {"unit_amount": -1}, "quantity": 1},
            "Invalid non-negative integer",
            "parameter_invalid_integer",
            "[price_data][unit_amount]",
        ),
        (
            {"price_data": INLINE | {"recurring": {"interval": "month"}}, "quantity": 1},
            (
                "You specified `payment` mode but passed a recurring price. Either switch to "
                "`subscription` mode or use only one-time prices."
            ),
            None,
            "",
        ),
        (
            {"price_data": INLINE, "quantity": 1, "colour": "red"},
            "Received unknown parameter: line_items[1][colour]",
            "parameter_unknown",
            "[colour]",
        ),
    ],
)
def test_second_line_item_is_refused(
    shop: Shop, item: Json, message: str, code: str | None, param: str | None
) -> None:
    """`param` is what follows `line_items[1]`."""
    first = {"price": shop.price().id, "quantity": 1}
    before = shop.event_types()
    where = None if param is None else f"line_items[1]{param}"
    with refused(400, message, code=code, param=where):
        shop.session(line_items=[first, item])
    assert shop.event_types() == before


def test_archived_price_is_not_sold(sdk: stripe.StripeClient, shop: Shop) -> None:
    price = shop.price()
    sdk.v1.prices.update(price.id, {"active": False})
    message = "The price specified is inactive. This field only accepts active prices."
    with refused(400, message, param="line_items[0][price]"):
        shop.session(price)


def test_price_of_an_archived_product_is_not_sold(sdk: stripe.StripeClient, shop: Shop) -> None:
    price = shop.price()
    sdk.v1.products.update(str(price.product), {"active": False})
    message = (
        f"Price `{price.id}` is not available to be purchased because its product is not active."
    )
    with refused(400, message, param="line_items[0][price]"):
        shop.session(price)


@pytest.mark.parametrize(
    ("currency", "amount", "least"),
    [("usd", 24, "$0.50 usd"), ("gbp", 14, "£0.30 gbp"), ("jpy", 24, "¥50 jpy")],
)
def test_total_is_large_enough_to_charge(
    shop: Shop, currency: str, amount: int, least: str
) -> None:
    message = f"The Checkout Session's total amount due must add up to at least {least}"
    with refused(400, message, code="amount_too_small"):
        shop.session(shop.price(amount, currency))


def test_total_is_small_enough_to_charge(shop: Shop) -> None:
    message = "The Checkout Session's total amount due must be no more than $999,999.99."
    with refused(400, message, code="amount_too_large"):
        shop.session(shop.price(50_000_000))
    item = {"price": shop.price(99_999_999).id, "quantity": 1}
    assert shop.session(line_items=[item]).amount_total == 99_999_999


def test_total_of_nothing_needs_no_payment(shop: Shop) -> None:
    session = shop.session(shop.price(0))
    assert (session.amount_total, session.payment_status) == (0, "no_payment_required")


@pytest.mark.parametrize("position", [0, 2])
def test_recurring_price_is_not_paid_once(shop: Shop, position: int) -> None:
    items = [{"price": shop.price().id, "quantity": 1} for _ in range(3)]
    items[position]["price"] = shop.price(recurring={"interval": "month"}).id
    message = (
        "You specified `payment` mode but passed a recurring price. Either switch to "
        "`subscription` mode or use only one-time prices."
    )
    with refused(400, message, param=f"line_items[{position}]"):
        shop.session(line_items=items)


def test_prices_of_a_cart_have_one_currency(shop: Shop) -> None:
    items = [{"price": shop.price(currency=one).id, "quantity": 1} for one in ("usd", "eur")]
    message = (
        "The price specified only supports `eur`. This doesn't match the expected currency: `usd`."
    )
    with refused(400, message, param="line_items[1][price]"):
        shop.session(line_items=items)


def test_refused_session_leaves_nothing_behind(sdk: stripe.StripeClient, shop: Shop) -> None:
    item = {"price_data": INLINE | {"unit_amount": 1}, "quantity": 1}
    with pytest.raises(stripe.InvalidRequestError):
        shop.session(shop.price(), line_items=[item])
    assert [product.name for product in sdk.v1.products.list().data] == ["Mug"]
    assert "checkout.session.completed" not in shop.event_types()


@pytest.mark.parametrize("action", ["retrieve", "expire", "list line items", "pay"])
def test_unknown_session_is_not_found(sdk: stripe.StripeClient, shop: Shop, action: str) -> None:
    id_ = "cs_test_nothing"
    sessions = sdk.v1.checkout.sessions
    calls: dict[str, Any] = {
        "retrieve": lambda: sessions.retrieve(id_),
        "expire": lambda: sessions.expire(id_),
        "list line items": lambda: sessions.line_items.list(id_),
        "pay": lambda: sdk.raw_request("post", f"/v1/payment_pages/{id_}/confirm"),
    }
    message = "No such checkout.session: 'cs_test_nothing'"
    with refused(404, message, code="resource_missing", param="session"):
        calls[action]()


@pytest.mark.parametrize(
    ("changes", "what", "param"),
    [
        ({"mode": "subscription"}, "Checkout Sessions in `subscription` mode", "mode"),
        ({"ui_mode": "form"}, "the ui_mode `form`", "ui_mode"),
    ],
)
def test_unsimulated_option_is_refused_by_name(
    shop: Shop, changes: Json, what: str, param: str
) -> None:
    with refused(400, f"The simulator does not support {what}.", param=param):
        shop.session(**changes)
