"""Checkout Sessions, and what they sell: the same at Stripe and at the simulator."""

import pytest

from support.sandbox import Sandbox

UNKNOWN = "nothing"


def test_price_is_retrieved_as_it_was_made(sandbox: Sandbox) -> None:
    price = sandbox.price(nickname="Contract", metadata={"size": "L"})
    assert (price["type"], price["unit_amount"], price["currency"]) == ("one_time", 1500, "usd")
    assert sandbox.call("get", f"/v1/prices/{price['id']}") == price
    listed = sandbox.call("get", "/v1/prices", product=price["product"])
    assert listed["data"] == [price]


def test_expanded_product_takes_the_place_of_its_id(sandbox: Sandbox) -> None:
    price = sandbox.price()
    expanded = sandbox.call("get", f"/v1/prices/{price['id']}", expand=["product"])
    assert expanded["product"]["id"] == price["product"]
    assert expanded["product"]["name"] == "Contract mug"


def test_list_is_paged_newest_first(sandbox: Sandbox) -> None:
    first = sandbox.price()
    product = {"product": first["product"], "currency": "usd", "unit_amount": 1}
    for _ in range(2):
        made = sandbox.call("post", "/v1/prices", **product)
        sandbox.later("post", f"/v1/prices/{made['id']}", active=False)
    path = {"product": first["product"], "limit": 2}
    page = sandbox.call("get", "/v1/prices", **path)
    assert (len(page["data"]), page["has_more"], page["url"]) == (2, True, "/v1/prices")
    rest = sandbox.call("get", "/v1/prices", **path, starting_after=page["data"][-1]["id"])
    assert ([one["id"] for one in rest["data"]], rest["has_more"]) == ([first["id"]], False)


def test_new_session_is_open_and_unpaid(sandbox: Sandbox) -> None:
    session = sandbox.session(client_reference_id="cart-77", metadata={"gift": "yes"})
    assert session["id"].startswith("cs_test_")
    assert (session["status"], session["payment_status"]) == ("open", "unpaid")
    assert (session["amount_subtotal"], session["amount_total"]) == (3000, 3000)
    assert (session["payment_intent"], session["client_reference_id"]) == (None, "cart-77")
    assert session["url"].startswith("http")
    assert "line_items" not in session


def test_line_items_are_included_on_request(sandbox: Sandbox) -> None:
    session = sandbox.session(expand=["line_items"])
    [item] = session["line_items"]["data"]
    assert (item["quantity"], item["amount_total"]) == (2, 3000)
    listed = sandbox.call("get", f"/v1/checkout/sessions/{session['id']}/line_items")
    assert [one["id"] for one in listed["data"]] == [item["id"]]


def test_expired_session_has_no_page(sandbox: Sandbox) -> None:
    path = f"/v1/checkout/sessions/{sandbox.session()['id']}"
    expired = sandbox.call("post", f"{path}/expire")
    assert (expired["status"], expired["url"]) == ("expired", None)
    refusal = sandbox.refused("post", f"{path}/expire")
    assert (refusal.status, refusal.type) == (400, "invalid_request_error")
    assert sandbox.call("get", path)["status"] == "expired"


def test_session_in_the_shop_s_page_has_a_client_secret(sandbox: Sandbox) -> None:
    embedded = {"ui_mode": "embedded_page", "return_url": "https://example.com/"}
    price = sandbox.price()["id"]
    session = sandbox.call(
        "post",
        "/v1/checkout/sessions",
        mode="payment",
        line_items=[{"price": price, "quantity": 1}],
        **embedded,
    )
    sandbox.later("post", f"/v1/checkout/sessions/{session['id']}/expire")
    assert session["client_secret"].startswith(f"{session['id']}_secret_")
    assert session["url"] is None


def test_coupon_is_taken_off_the_total(sandbox: Sandbox) -> None:
    coupon = sandbox.call("post", "/v1/coupons", percent_off=10, duration="once")
    sandbox.later("delete", f"/v1/coupons/{coupon['id']}")
    session = sandbox.session(discounts=[{"coupon": coupon["id"]}])
    assert (session["amount_subtotal"], session["amount_total"]) == (3000, 2700)
    assert session["total_details"]["amount_discount"] == 300


@pytest.mark.parametrize(
    ("parameters", "code", "param", "message"),
    [
        (
            {"currency": "usd", "unit_amount": 1, "product": UNKNOWN},
            "resource_missing",
            "product",
            "No such product: 'nothing'",
        ),
        (
            {"currency": "usd", "unit_amount": "a", "product_data": {"name": "Mug"}},
            "parameter_invalid_integer",
            "unit_amount",
            "Invalid integer: a",
        ),
        (
            {"currency": "usd", "unit_amount": 1, "product_data": {"name": "Mug"}, "colour": "red"},
            "parameter_unknown",
            "colour",
            "Received unknown parameter: colour",
        ),
        (
            {"unit_amount": 1, "product_data": {"name": "Mug"}},
            "parameter_missing",
            "currency",
            "Missing required param: currency.",
        ),
    ],
)
def test_refused_parameter_is_named(
    sandbox: Sandbox, parameters: dict[str, object], code: str, param: str, message: str
) -> None:
    refusal = sandbox.refused("post", "/v1/prices", **parameters)
    assert (refusal.status, refusal.type) == (400, "invalid_request_error")
    assert (refusal.code, refusal.param, refusal.message) == (code, param, message)


@pytest.mark.parametrize(
    ("path", "param", "message"),
    [
        ("/v1/prices/nothing", "price", "No such price: 'nothing'"),
        ("/v1/products/nothing", "id", "No such product: 'nothing'"),
        ("/v1/payment_intents/nothing", "intent", "No such payment_intent: 'nothing'"),
    ],
)
def test_unknown_id_is_404(sandbox: Sandbox, path: str, param: str, message: str) -> None:
    refusal = sandbox.refused("get", path)
    assert (refusal.status, refusal.code) == (404, "resource_missing")
    assert (refusal.param, refusal.message) == (param, message)
