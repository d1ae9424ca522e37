"""Reading of parameters, and refused ones."""

from typing import Any

import httpx
import pytest
import stripe

from stripe_simulator.api.currency_codes import CURRENCIES
from stripe_simulator.documents import Json
from stripe_simulator.testing import Running, Shop
from support.refusals import refused


def refusal(response: httpx.Response) -> Json:
    assert response.status_code == 400, response.text
    error: Json = response.json()["error"]
    assert error["type"] == "invalid_request_error"
    return error


@pytest.mark.parametrize(
    "images",
    [
        "images[]=https://a.example/1&images[]=https://a.example/2",
        "images[0]=https://a.example/1&images[1]=https://a.example/2",
        "images[1]=https://a.example/2&images[0]=https://a.example/1",
        "images%5B%5D=https%3A%2F%2Fa.example%2F1&images%5B%5D=https%3A%2F%2Fa.example%2F2",
    ],
)
def test_array_is_read(simulator: Running, images: str) -> None:
    product = simulator.post("/v1/products", f"name=Mug&{images}").json()
    assert product["images"] == ["https://a.example/1", "https://a.example/2"]


def test_tenth_element_comes_after_the_second(simulator: Running) -> None:
    images = "&".join(f"images[{n}]=https://a.example/{n}" for n in range(11))
    product = simulator.post("/v1/products", f"name=Mug&{images}").json()
    assert product["images"] == [f"https://a.example/{n}" for n in range(11)]


@pytest.mark.parametrize("index", ["0", ""])
def test_hashes_nest(simulator: Running, index: str) -> None:
    item = f"line_items[{index}]"
    form = (
        f"mode=payment&success_url=https://shop.example/&{item}[quantity]=2"
        f"&{item}[price_data][currency]=USD&{item}[price_data][unit_amount]=500"
        f"&{item}[price_data][product_data][name]=Mug+%26+cup"
        f"&{item}[price_data][product_data][metadata][a]=1"
    )
    session = simulator.post("/v1/checkout/sessions", form).json()
    assert (session["amount_total"], session["currency"]) == (1000, "usd")
    product = simulator.get("/v1/products")["data"][0]
    assert (product["name"], product["metadata"]) == ("Mug & cup", {"a": "1"})


def test_repeated_key_begins_the_next_hash(simulator: Running, shop: Shop) -> None:
    price = shop.price().id
    item = f"line_items[][price]={price}&line_items[][quantity]="
    form = f"mode=payment&success_url=https://shop.example/&{item}1&{item}2"
    session = simulator.post("/v1/checkout/sessions", form).json()
    assert session["amount_total"] == 4500


def test_metadata_keys_may_be_numbers(simulator: Running) -> None:
    product = simulator.post("/v1/products", "name=Mug&metadata[0]=a&metadata[1]=b").json()
    assert product["metadata"] == {"0": "a", "1": "b"}


@pytest.mark.parametrize(
    "name", ["metadata[a", "metadata]", "[a]", "metadata[a]b", "name=Mug&name[a]"]
)
def test_malformed_name_is_refused(simulator: Running, name: str) -> None:
    error = refusal(simulator.post("/v1/products", f"{name}=1"))
    assert error["message"].startswith("Invalid parameter name: ")


def test_form_is_a_form(simulator: Running) -> None:
    response = simulator.post("/v1/products", '{"name": "Mug"}', Content_Type="application/json")
    message = refusal(response)["message"]
    assert message.startswith("Invalid request (check that your POST content type is ")


def test_unknown_parameter_is_named(sdk: stripe.StripeClient) -> None:
    params: Any = {"name": "Mug", "colour": "red"}
    message = "Received unknown parameter: colour"
    with refused(400, message, code="parameter_unknown", param="colour"):
        sdk.v1.products.create(params)


def test_unknown_parameters_are_all_named(sdk: stripe.StripeClient) -> None:
    params: Any = {"name": "Mug", "colour": "red", "weight": {"grams": 3}}
    message = "Received unknown parameters: colour, weight"
    with refused(400, message, code="parameter_unknown", param="colour"):
        sdk.v1.products.create(params)


def test_unknown_parameter_in_a_query_is_named(sdk: stripe.StripeClient) -> None:
    params: Any = {"colour": "red"}
    message = "Received unknown parameter: colour"
    with refused(400, message, code="parameter_unknown", param="colour"):
        sdk.v1.products.list(params)


def test_missing_parameter_is_named(simulator: Running) -> None:
    error = refusal(simulator.post("/v1/products"))
    assert error["message"] == "Missing required param: name."
    assert (error["code"], error["param"]) == ("parameter_missing", "name")
    assert error["doc_url"] == "https://stripe.com/docs/error-codes/parameter-missing"


@pytest.mark.parametrize(
    ("form", "message", "code", "param"),
    [
        ("unit_amount=ten", "Invalid integer: ten", "parameter_invalid_integer", "unit_amount"),
        ("unit_amount=1.5", "Invalid integer: 1.5", "parameter_invalid_integer", "unit_amount"),
        (
            f"unit_amount={'9' * 5000}",
            f"Invalid integer: {'9' * 5000}",
            "parameter_invalid_integer",
            "unit_amount",
        ),
        ("active=maybe", "Invalid boolean: maybe", None, "active"),
        ("nickname[a]=1", 'Invalid string: {"a": "1"}', None, "nickname"),
        ("expand=product", "Invalid array", None, "expand"),
        ("metadata=a", "Invalid object", None, "metadata"),
        ("recurring=monthly", "Invalid object", None, "recurring"),
        ("unit_amount_decimal=x", "Invalid decimal: x", "parameter_invalid_decimal", None),
        (
            "recurring[interval]=hour",
            "Invalid recurring[interval]: must be one of day, week, month, or year",
            None,
            "recurring[interval]",
        ),
        (
            "currency=zzz",
            "Invalid currency: zzz. Stripe currently supports these currencies: "
            + ", ".join(CURRENCIES),
            None,
            "currency",
        ),
    ],
)
def test_wrong_type_is_refused(
    simulator: Running, form: str, message: str, code: str | None, param: str | None
) -> None:
    currency = "" if form.startswith("currency") else "currency=usd&"
    error = refusal(simulator.post("/v1/prices", f"{currency}product=prod_1&{form}"))
    assert (error["message"], error.get("code")) == (message, code)
    assert error["param"] == (param or form.partition("=")[0])


def test_empty_string_unsets(sdk: stripe.StripeClient) -> None:
    product = sdk.v1.products.create({"name": "Mug", "description": "Blue"})
    changed = sdk.v1.products.update(product.id, {"description": ""})
    assert (changed.name, changed.description) == ("Mug", None)


def test_empty_string_unsets_one_key_of_metadata(sdk: stripe.StripeClient) -> None:
    product = sdk.v1.products.create({"name": "Mug", "metadata": {"a": "1", "b": "2"}})
    changed = sdk.v1.products.update(product.id, {"metadata": {"a": "", "c": "3"}})
    assert changed.metadata.to_dict() == {"b": "2", "c": "3"}


def test_empty_string_unsets_all_metadata(sdk: stripe.StripeClient) -> None:
    product = sdk.v1.products.create({"name": "Mug", "metadata": {"a": "1"}})
    assert sdk.v1.products.update(product.id, {"metadata": ""}).metadata.to_dict() == {}


def test_empty_value_of_new_metadata_is_left_out(sdk: stripe.StripeClient) -> None:
    product = sdk.v1.products.create({"name": "Mug", "metadata": {"a": "", "b": "2"}})
    assert product.metadata.to_dict() == {"b": "2"}


def test_required_parameter_cannot_be_unset(sdk: stripe.StripeClient) -> None:
    message = (
        "You passed an empty string for 'name'. We assume empty values are an attempt to unset a "
        "parameter; however 'name' cannot be unset. You should remove 'name' from your request "
        "or supply a non-empty value."
    )
    with refused(400, message, code="parameter_invalid_empty", param="name"):
        sdk.v1.products.create({"name": ""})


def test_metadata_has_up_to_50_keys(sdk: stripe.StripeClient) -> None:
    sdk.v1.products.create({"name": "Mug", "metadata": {str(n): "v" for n in range(50)}})
    with refused(400, "You can only have up to 50 metadata keys.", param="metadata"):
        sdk.v1.products.create({"name": "Mug", "metadata": {str(n): "v" for n in range(51)}})


@pytest.mark.parametrize(
    ("path", "noun", "param"),
    [
        ("/v1/products", "product", "id"),
        ("/v1/prices", "price", "price"),
        ("/v1/customers", "customer", "id"),
        ("/v1/payment_intents", "payment_intent", "intent"),
        ("/v1/payment_methods", "PaymentMethod", "payment_method"),
        ("/v1/charges", "charge", "id"),
        ("/v1/events", "event", "id"),
    ],
)
def test_unknown_id_in_a_path_is_404(
    sdk: stripe.StripeClient, path: str, noun: str, param: str
) -> None:
    with refused(404, f"No such {noun}: 'x_1'", code="resource_missing", param=param):
        sdk.raw_request("get", f"{path}/x_1")


def test_unknown_id_in_a_parameter_is_400(sdk: stripe.StripeClient) -> None:
    message = "No such product: 'prod_1'"
    with refused(400, message, code="resource_missing", param="product"):
        sdk.v1.prices.create({"currency": "usd", "unit_amount": 100, "product": "prod_1"})


def test_lookup_key_names_one_price(sdk: stripe.StripeClient, shop: Shop) -> None:
    holder = shop.price(lookup_key="mug")
    message = f"A price (`{holder.id}`) already uses that lookup key."
    with refused(400, message, param="lookup_key"):
        shop.price(lookup_key="mug")
    taker = shop.price(lookup_key="mug", transfer_lookup_key=True)
    listed = sdk.v1.prices.list({"lookup_keys": ["mug"]}).data
    assert [price.id for price in listed] == [taker.id]
    assert sdk.v1.prices.retrieve(holder.id).lookup_key is None
