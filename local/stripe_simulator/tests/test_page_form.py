"""The payment page's form: what is asked of a customer, and what is said of a mistake."""

import pytest
import stripe

from stripe_simulator.documents import Json
from stripe_simulator.testing import Running, Shop
from support.pages import Page

VISA = "4242 4242 4242 4242"
FORM = {
    "email": "jenny@example.com",
    "method": "card",
    "card_number": VISA,
    "card_expiry": "12 / 34",
    "card_cvc": "123",
    "name": "Jenny Rosen",
    "country": "DE",
    "postal_code": "10115",
}
# As public end-to-end tests find them on Stripe's page.
IDS = {
    "email": "email",
    "card_number": "cardNumber",
    "card_expiry": "cardExpiry",
    "card_cvc": "cardCvc",
    "name": "billingName",
    "country": "billingCountry",
    "postal_code": "billingPostalCode",
}
MISTAKES = [
    ("card_number", "1234", 402, "incorrect_number", "Your card number is incorrect."),
    ("card_number", "", 400, "incomplete_number", "Enter your card number."),
    ("card_number", "4000000000000002", 402, "card_declined", "Your card was declined. Try ano"),
    ("card_number", "4000000000009995", 402, "card_declined", "Your card has insufficient funds."),
    ("card_number", "4000000000009987", 402, "card_declined", "Your card was declined. Try ano"),
    ("card_expiry", "", 400, "incomplete_expiry", "Enter your card's expiration date"),
    ("card_expiry", "soon", 400, "incomplete_expiry", "Enter your card's expiration date"),
    ("card_expiry", "13/34", 402, "invalid_expiry_month", "Your card's expiration month"),
    ("card_expiry", "00/34", 402, "invalid_expiry_month", "Your card's expiration month"),
    ("card_expiry", "12/24", 402, "invalid_expiry_year", "Your card's expiration date is in the"),
    ("card_expiry", "12/2099", 402, "invalid_expiry_year", "Your card's expiration date"),
    ("card_cvc", "", 400, "incomplete_cvc", "Enter your card's security code."),
    ("card_cvc", "12", 402, "invalid_cvc", "Your card's security code is invalid."),
    ("card_cvc", "1234", 402, "invalid_cvc", "Your card's security code is invalid."),
    ("email", "", 400, "incomplete_email", "Enter your email address."),
    ("email", "jenny", 400, "email_invalid", "Your email address is incomplete."),
    ("name", "", 400, "incomplete_name", "Enter the name on your card."),
    ("country", "XX", 400, "incomplete_country", "Select your country."),
]


def post(simulator: Running, session: stripe.checkout.Session, **typed: str) -> tuple[int, Page]:
    response = simulator.request("POST", f"/c/pay/{session.id}", data=FORM | typed)
    return response.status_code, Page(response.text)


def post_json(simulator: Running, session: stripe.checkout.Session, **typed: str) -> Json:
    """As the page's script does."""
    headers = {"Accept": "application/json"}
    path = f"/c/pay/{session.id}"
    rendered: Json = simulator.request("POST", path, data=FORM | typed, headers=headers).json()
    return rendered


def test_fields_have_the_ids_of_stripes_page(simulator: Running, shop: Shop) -> None:
    page = Page(simulator.request("GET", f"/c/pay/{shop.session().id}").text)
    for name, id_ in IDS.items():
        field = page.one(id_=id_)
        assert field.attributes["name"] == name
        assert page.one("label", for_=id_).text
    button = page.one("button", data_testid="hosted-payment-submit-button")
    assert (button.text, button.attributes["type"]) == ("Pay $30.00", "submit")


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda one: f"{one[3]}-{one[1]}")
def test_mistake_is_said_at_its_field(
    simulator: Running, shop: Shop, mistake: tuple[str, str, int, str, str]
) -> None:
    field, value, status, code, message = mistake
    session = shop.session()
    shown, page = post(simulator, session, **{field: value})
    assert shown == status
    (invalid,) = page.all(aria_invalid="true")
    assert invalid.attributes["name"] == field
    assert "autofocus" in invalid.attributes
    error = page.one(id_=invalid.attributes["aria-describedby"])
    assert error.text.startswith(message)
    assert (error.attributes["data-code"], "hidden" in error.attributes) == (code, False)
    assert page.alert == error.text
    assert page.links[error.text] == f"#{IDS[field]}"
    assert simulator.sdk.v1.checkout.sessions.retrieve(session.id).status == "open"


def test_all_missing_fields_are_listed(simulator: Running, shop: Shop) -> None:
    empty = dict.fromkeys(("card_number", "card_expiry", "card_cvc", "name"), "")
    _, page = post(simulator, shop.session(), **empty)
    invalid = [one.attributes["name"] for one in page.all(aria_invalid="true")]
    assert invalid == list(empty)
    assert page.alert.startswith("Check these fields: ")
    focused = [one.attributes["name"] for one in page.elements if "autofocus" in one.attributes]
    assert focused == ["card_number"]


def test_formwide_error_states_no_charge(simulator: Running, shop: Shop) -> None:
    status, page = post(simulator, shop.session(), card_number="4000000000000119")
    assert status == 402
    assert page.alert.startswith("We couldn't process your card, and nothing was charged.")
    assert list(page.all(aria_invalid="true")) == []


@pytest.mark.parametrize(
    ("number", "field", "code"),
    [
        ("4000000000000069", "card_expiry", "expired_card"),
        ("4000000000000127", "card_cvc", "incorrect_cvc"),
    ],
)
def test_bank_may_refuse_another_field(
    simulator: Running, shop: Shop, number: str, field: str, code: str
) -> None:
    status, page = post(simulator, shop.session(), card_number=number)
    (invalid,) = page.all(aria_invalid="true")
    error = page.one(id_=invalid.attributes["aria-describedby"])
    assert (status, invalid.attributes["name"]) == (402, field)
    assert error.attributes["data-code"] == code


def test_amex_has_a_code_of_four_digits(simulator: Running, shop: Shop) -> None:
    amex = {"card_number": "3782 822463 10005", "card_cvc": "1234"}
    assert post(simulator, shop.session(), **amex)[0] == 303


def test_card_of_this_month_is_valid(simulator: Running, shop: Shop) -> None:
    """The simulator's clock stands in January 2027."""
    assert post(simulator, shop.session(), card_expiry="01/27")[0] == 303
    shown, page = post(simulator, shop.session(), card_expiry="12/26")
    assert (shown, page.one(aria_invalid="true").attributes["name"]) == (402, "card_expiry")


def test_expiry_reaches_the_charge(simulator: Running, shop: Shop) -> None:
    assert post(simulator, shop.session(), card_expiry="0330")[0] == 303
    charge = simulator.get("/v1/charges")["data"][0]
    card = charge["payment_method_details"]["card"]
    assert (card["exp_month"], card["exp_year"]) == (3, 2030)


def test_address_is_in_the_objects_as_stripe_has_it(simulator: Running, shop: Shop) -> None:
    session = shop.session()
    post(simulator, session)
    address = {
        "city": None,
        "country": "DE",
        "line1": None,
        "line2": None,
        "postal_code": "10115",
        "state": None,
    }
    after = simulator.get(f"/v1/checkout/sessions/{session.id}")
    assert after["customer_details"]["address"] == address
    charge = simulator.get("/v1/charges")["data"][0]
    assert charge["billing_details"]["address"] == address
    method = simulator.get(f"/v1/payment_methods/{charge['payment_method']}")
    assert method["billing_details"]["address"] == address


@pytest.mark.parametrize(("currency", "country"), [("usd", "US"), ("eur", "DE"), ("gbp", "GB")])
def test_program_need_not_send_all_fields(
    simulator: Running, shop: Shop, currency: str, country: str
) -> None:
    session = shop.session(shop.price(1200, currency))
    fields = {name: FORM[name] for name in ("email", "name", "method", "card_number")}
    response = simulator.request("POST", f"/c/pay/{session.id}", data=fields)
    assert response.status_code == 303
    after = simulator.get(f"/v1/checkout/sessions/{session.id}")
    assert after["customer_details"]["address"]["country"] == country


def test_script_gets_the_address_of_the_shop(simulator: Running, shop: Shop) -> None:
    session = shop.session()
    thanks = f"https://shop.example/thanks?session_id={session.id}"
    assert post_json(simulator, session) == {"redirect": thanks}
    assert post_json(simulator, session) == {"redirect": thanks}


def test_script_gets_the_mistakes(simulator: Running, shop: Shop) -> None:
    message = "Your card's security code is invalid."
    assert post_json(simulator, shop.session(), card_cvc="1") == {
        "mistakes": {"card_cvc": {"code": "invalid_cvc", "message": message}}
    }


def test_script_learns_that_the_page_is_closed(simulator: Running, shop: Shop) -> None:
    session = shop.session()
    simulator.sdk.v1.checkout.sessions.expire(session.id)
    assert post_json(simulator, session) == {"closed": True}


def test_methods_are_tabs(simulator: Running, shop: Shop) -> None:
    session = shop.session(shop.price(1200, "eur"))
    page = Page(simulator.request("GET", f"/c/pay/{session.id}").text)
    tabs = [one.attributes["value"] for one in page.all("input", type_="radio")]
    assert tabs == ["card", "sepa_debit"]
    assert page.one(role="radiogroup").text == "Card SEPA Direct Debit"
    shown, again = post(simulator, session, method="sepa_debit", iban="", name="")
    assert shown == 400
    assert [one.attributes["name"] for one in again.all(aria_invalid="true")] == ["iban", "name"]
    assert again.inputs()["method"] == "sepa_debit"


def test_pictures_and_descriptions_of_products_are_shown(simulator: Running) -> None:
    picture = "https://shop.example/mug.png"
    product = {"name": "Mug", "description": "Holds tea", "images": [picture]}
    data = {"currency": "kwd", "unit_amount": 1500, "product_data": product}
    shop = Shop(simulator.sdk)
    session = shop.session(line_items=[{"price_data": data, "quantity": 2}])
    page = Page(simulator.request("GET", f"/c/pay/{session.id}").text)
    assert page.one("img").attributes["src"] == picture
    assert {"Holds tea", "Pay 3.000 KWD"} <= set(page.texts)


def test_test_cards_are_printed(simulator: Running, shop: Shop) -> None:
    page = Page(simulator.request("GET", f"/c/pay/{shop.session().id}").text)
    printed = page.one("ul", data_fills="card_number").text
    assert printed.startswith("4242 4242 4242 4242 pays")


def test_bank_debit_is_not_offered_in_dollars(simulator: Running, shop: Shop) -> None:
    session = shop.session()
    page = Page(simulator.request("GET", f"/c/pay/{session.id}").text)
    assert "iban" not in page.inputs()
    # A form that names it is read as a card's.
    assert post(simulator, session, method="sepa_debit", card_number="1234")[0] == 402


@pytest.mark.parametrize(
    ("card", "code", "param"),
    [
        ({"exp_month": "13"}, "invalid_expiry_month", "exp_month"),
        ({"exp_month": "12", "exp_year": "2024"}, "invalid_expiry_year", "exp_year"),
        ({"exp_month": "12", "exp_year": "24"}, "invalid_expiry_year", "exp_year"),
        ({"cvc": "12"}, "invalid_cvc", "cvc"),
    ],
)
def test_api_refuses_invalid_cards_too(
    simulator: Running, card: dict[str, str], code: str, param: str
) -> None:
    form = "&".join(f"card[{name}]={value}" for name, value in card.items())
    response = simulator.post(
        "/v1/payment_methods", f"type=card&card[number]=4242424242424242&{form}"
    )
    error = response.json()["error"]
    assert (response.status_code, error["type"]) == (402, "card_error")
    assert (error["code"], error["param"]) == (code, param)


def test_year_may_have_two_digits(simulator: Running) -> None:
    form = "type=card&card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=34"
    assert simulator.post("/v1/payment_methods", form).json()["card"]["exp_year"] == 2034
