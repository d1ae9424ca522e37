"""The payment page asks for what its session wants, and charges what it shows."""

from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from stripe_simulator.documents import Json
from stripe_simulator.testing import Running, Shop, fast, running
from support.pages import Page

FORM = {
    "email": "jenny@example.com",
    "card_number": "4242 4242 4242 4242",
    "card_expiry": "12 / 34",
    "card_cvc": "123",
    "name": "Jenny Rosen",
    "country": "DE",
    "postal_code": "10115",
}
SHIPPING = {
    "shipping_name": "Jenny Rosen",
    "shipping_line1": "1 Straße",
    "shipping_city": "Berlin",
    "shipping_postal_code": "10115",
    "shipping_country": "DE",
}
EVERYTHING: Json = {
    "allow_promotion_codes": True,
    "automatic_tax": {"enabled": True},
    "billing_address_collection": "required",
    "consent_collection": {"terms_of_service": "required", "promotions": "auto"},
    "custom_fields": [
        {
            "key": "engraving",
            "label": {"type": "custom", "custom": "Engraving"},
            "type": "text",
            "text": {"maximum_length": 5},
        },
        {
            "key": "size",
            "label": {"type": "custom", "custom": "Size"},
            "type": "dropdown",
            "dropdown": {"options": [{"label": "Large", "value": "l"}]},
        },
    ],
    "custom_text": {"submit": {"message": "We ship tomorrow"}},
    "name_collection": {"individual": {"enabled": True}},
    "phone_number_collection": {"enabled": True},
    "shipping_address_collection": {"allowed_countries": ["AT", "DE"]},
    "shipping_options": [
        {
            "shipping_rate_data": {
                "display_name": name,
                "fixed_amount": {"amount": amount, "currency": "eur"},
                "tax_behavior": "inclusive",
            }
        }
        for name, amount in (("Standard", 500), ("Express", 900))
    ],
    "tax_id_collection": {"enabled": True},
}


def everything(shop: Shop) -> stripe.checkout.Session:
    gift = shop.price(300, "eur", tax_behavior="exclusive")
    item = {
        "price": shop.price(1000, "eur", tax_behavior="exclusive").id,
        "quantity": 1,
        "adjustable_quantity": {"enabled": True},
    }
    coupon = shop.sdk.v1.coupons.create({"percent_off": 50})
    code: Any = {"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "SPRING"}
    shop.sdk.v1.promotion_codes.create(code)
    return shop.session(
        line_items=[item], optional_items=[{"price": gift.id, "quantity": 2}], **EVERYTHING
    )


def opened(simulator: Running, session: stripe.checkout.Session) -> Page:
    return Page(simulator.request("GET", f"/c/pay/{session.id}").text)


def posted(
    simulator: Running, session: stripe.checkout.Session, fields: dict[str, str], **headers: str
) -> Any:  # noqa: ANN401
    return simulator.request("POST", f"/c/pay/{session.id}", data=fields, headers=headers)


def filled(page: Page) -> dict[str, str]:
    """The form as a customer fills it in, with what the page has in its fields."""
    fields = {name: value for name, value in page.inputs(page.form()).items() if name != "update"}
    return (
        fields
        | FORM
        | SHIPPING
        | {
            "individual_name": "Jenny",
            "phone": "+4930123456",
            "line1": "2 Straße",
            "custom_engraving": "Jenny",
            "custom_size": "l",
            "terms_of_service": "accepted",
        }
    )


def total(page: Page) -> str:
    return page.one(id_="totalAmount").text


type Asking = tuple[Running, stripe.checkout.Session, dict[str, str]]


@pytest.fixture(scope="module")
def asking() -> Iterator[Asking]:
    """A session that refusals leave as it was, and its form as it can be paid."""
    with running(fast()) as one:
        session = everything(Shop(one.sdk))
        yield one, session, filled(opened(one, session))


def test_page_asks_for_what_the_session_wants(simulator: Running, shop: Shop) -> None:
    page = opened(simulator, everything(shop))
    labels = {
        one.attributes["for"]: one.text for one in page.all("label") if "for" in one.attributes
    }
    assert labels["shippingName"] == "Full name"
    assert labels["phoneNumber"] == "Phone number"
    assert labels["promotionCode"] == "Promotion code (optional)"
    assert labels["custom_engraving"] == "Engraving"
    options = [
        one.text
        for one in page.all("option")
        if one.parent and one.parent.attributes["name"] == "shipping_country"
    ]
    assert options == ["Austria", "Germany"]
    assert "Standard: €5.00" in " ".join(page.texts)
    assert "We ship tomorrow" in page.texts
    # Each field that is seen has a label.
    for one in page.elements:
        if one.tag in {"input", "select"} and one.attributes.get("type") not in {"hidden", "radio"}:
            known = one.attributes["id"] in labels
            assert known or (one.parent is not None and one.parent.tag == "label")


def test_page_of_a_plain_session_asks_for_no_more(simulator: Running, shop: Shop) -> None:
    page = opened(simulator, shop.session())
    assert set(page.inputs(page.form())) == {"method", "shown_amount", *FORM}
    assert not list(page.all("button", name="update"))


def test_customer_sees_and_pays_the_total(simulator: Running, shop: Shop) -> None:
    session = everything(shop)
    page = opened(simulator, session)
    fields = filled(page)
    # 10.00, 20 % of it as in the preselected country, and shipping with its tax in it.
    assert page.inputs(page.form())["shipping_country"] == "AT"
    assert total(page) == "€17.00"
    [quantity] = [name for name in fields if name.startswith("quantity_")]
    [optional] = [
        one.attributes["name"]
        for one in page.all("input", type_="checkbox")
        if "optional" in one.attributes["name"]
    ]
    [_, express] = [one.attributes["value"] for one in page.all("input", name="shipping_rate")]
    chosen = {quantity: "3", optional: "2", "shipping_rate": express, "promotion_code": "spring"}
    updated = posted(simulator, session, fields | chosen | {"update": "1"})
    page = Page(updated.text)
    # Half of 30.00 and of 6.00, 19 % of it, and 9.00.
    assert (updated.status_code, total(page)) == (200, "€30.42")
    parts = dict(
        zip([one.text for one in page.all("dt")], [one.text for one in page.all("dd")], strict=True)
    )
    assert parts == {
        "Subtotal": "€36.00",
        "Discount": "-€18.00",
        "Shipping": "€9.00",
        "Tax": "€3.42",
        "Tax included": "€1.44",
        "Total due": "€30.42",
    }
    response = posted(simulator, session, filled(page) | chosen)
    assert response.status_code == 303, Page(response.text).alert
    paid = simulator.get(f"/v1/checkout/sessions/{session.id}")
    assert (paid["payment_status"], paid["amount_total"]) == ("paid", 3042)
    assert paid["total_details"]["amount_discount"] == 1800
    assert paid["customer_details"]["phone"] == "+4930123456"
    assert paid["collected_information"]["shipping_details"]["address"]["line1"] == "1 Straße"
    assert paid["consent"] == {"promotions": "opt_out", "terms_of_service": "accepted"}
    intent = simulator.get(f"/v1/payment_intents/{paid['payment_intent']}")
    assert intent["amount_received"] == 3042


def test_total_that_changed_is_shown_before_it_is_paid(simulator: Running, shop: Shop) -> None:
    session = everything(shop)
    fields = filled(opened(simulator, session)) | {"promotion_code": "SPRING"}
    refused = posted(simulator, session, fields)
    assert refused.status_code == 400
    assert Page(refused.text).alert == "The total is now €10.95. Check it, and pay again."
    again = filled(Page(refused.text)) | {"promotion_code": "SPRING"}
    assert posted(simulator, session, again).status_code == 303


@pytest.mark.parametrize(
    ("field", "field_id", "message"),
    [
        (("phone", ""), "phoneNumber", "Enter your phone number."),
        (("shipping_name", ""), "shippingName", "Enter the name of who receives the order."),
        (("shipping_country", "FR"), "shippingCountry", "Shipping to FR is not possible."),
        (("line1", ""), "billingAddressLine1", "Enter the street and number."),
        (("custom_engraving", "Jennifer"), "custom_engraving", "Engraving: enter at most 5"),
        (("custom_size", ""), "custom_size", "Fill in: Size."),
        (("terms_of_service", ""), "termsOfServiceConsentCheckbox", "Agree to the terms"),
        (("promotion_code", "NONE"), "promotionCode", "This promotion code is invalid."),
        (("individual_name", ""), "individual_name", "Enter the individual name."),
        (("tax_id", "none"), "tax_id", "Your tax ID is invalid."),
    ],
)
def test_mistake_is_shown_at_its_field(
    asking: Asking, field: tuple[str, str], field_id: str, message: str
) -> None:
    simulator, session, fields = asking
    refused = posted(simulator, session, fields | dict([field]))
    assert refused.status_code == 400
    page = Page(refused.text)
    assert page.one(id_=f"{field_id}-error").text.startswith(message)
    assert page.one(id_=field_id).attributes["aria-invalid"] == "true"


def test_script_gets_the_amounts_of_a_choice(simulator: Running, shop: Shop) -> None:
    session = everything(shop)
    fields = filled(opened(simulator, session)) | {"promotion_code": "SPRING", "update": "1"}
    updated = posted(simulator, session, fields, Accept="application/json").json()
    assert (updated["button"], updated["amount"], updated["mistakes"]) == ("Pay €10.95", 1095, {})
    assert total(Page(updated["order"])) == "€10.95"
    wrong = posted(simulator, session, fields | {"promotion_code": "X"}, Accept="application/json")
    assert (
        wrong.json()["mistakes"]["promotion_code"]["message"] == "This promotion code is invalid."
    )


def test_discount_of_all_asks_for_no_card(simulator: Running, shop: Shop) -> None:
    coupon = shop.sdk.v1.coupons.create({"percent_off": 100})
    session = shop.session(discounts=[{"coupon": coupon.id}])
    page = opened(simulator, session)
    assert "card_number" not in page.inputs(page.form())
    assert posted(simulator, session, {"email": "jenny@example.com"}).status_code == 303


def test_customer_pays_with_a_saved_card(simulator: Running, shop: Shop) -> None:
    customer = shop.sdk.v1.customers.create({"email": "jenny@example.com"})
    method = shop.sdk.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    session = shop.session(customer=customer.id)
    assert not list(opened(simulator, session).all("input", name="saved_method"))
    shop.sdk.v1.payment_methods.update(method.id, {"allow_redisplay": "always"})
    page = opened(simulator, session)
    assert "Visa ending in 4242" in " ".join(page.texts)
    fields = page.inputs(page.form())
    assert (fields["saved_method"], fields["email"]) == (method.id, "jenny@example.com")
    assert posted(simulator, session, fields).status_code == 303
    intents = simulator.get("/v1/payment_intents")["data"]
    assert [one["payment_method"] for one in intents] == [method.id]


def test_customer_saves_a_card(simulator: Running, shop: Shop) -> None:
    customer = shop.sdk.v1.customers.create()
    offered = {"payment_method_save": "enabled"}
    session = shop.session(customer=customer.id, saved_payment_method_options=offered)
    assert posted(simulator, session, FORM | {"save_payment_method": "true"}).status_code == 303
    methods = simulator.get(f"/v1/customers/{customer.id}/payment_methods")["data"]
    assert [one["allow_redisplay"] for one in methods] == ["always"]
