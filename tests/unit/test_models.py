import json

import pytest

from checkout.api.models import MAX_ERRORS, CheckoutRequest, Item
from checkout.errors import InvalidRequest
from tests.support.documents import Json

PRICE = "price_1abc"
ITEM = {"price": PRICE, "quantity": 2}
FULL = {
    "items": [ITEM, {"lookup_key": "tea-green", "quantity": 1}],
    "customer_email": "ada@example.com",
    "client_reference_id": "cart-77",
    "metadata": {"gift": "yes"},
    "ui_mode": "hosted_page",
    "success_url": "https://shop.example/thanks",
    "cancel_url": "https://shop.example/cart",
    "return_url": None,
    "replaces": "cs_test_a1B2c3",
    "locale": "fr-CA",
}


def read(document: object) -> CheckoutRequest:
    return CheckoutRequest.from_json(json.dumps(document).encode())


def body(**changes: object) -> Json:
    return {"items": [ITEM], **changes}


def refusal(document: object) -> list[tuple[str, str]]:
    """Return the pointers and details of a body's errors."""
    sent = document if isinstance(document, bytes) else json.dumps(document).encode()
    with pytest.raises(InvalidRequest, match="does not match the schema") as raised:
        CheckoutRequest.from_json(sent)
    return [(error.pointer, error.detail) for error in raised.value.errors]


def pointers(document: object) -> list[str]:
    return [pointer for pointer, _ in refusal(document)]


def test_reads_a_whole_request() -> None:
    request = read(FULL)
    assert request.items == [
        Item(price=PRICE, quantity=2),
        Item(lookup_key="tea-green", quantity=1),
    ]
    assert request.lookup_keys == {"tea-green"}
    assert request.model_dump(exclude={"items"}) == {
        name: value for name, value in FULL.items() if name != "items"
    }


def test_items_are_all_that_a_request_needs() -> None:
    assert read(body()).model_dump(exclude={"items"}) == {
        "customer_email": None,
        "client_reference_id": None,
        "metadata": None,
        "ui_mode": None,
        "success_url": None,
        "cancel_url": None,
        "return_url": None,
        "replaces": None,
        "locale": None,
    }


@pytest.mark.parametrize("locale", ["", "xx", "fr-ca", "DE", 7, ["de"]])
def test_a_locale_is_one_of_stripes(locale: object) -> None:
    assert pointers(body(locale=locale)) == ["/locale"]


@pytest.mark.parametrize(
    "item",
    [
        {"quantity": 1},
        {"price": PRICE, "lookup_key": "tea", "quantity": 1},
        {"price": None, "lookup_key": None, "quantity": 1},
    ],
)
def test_an_item_names_its_price_in_one_way(item: Json) -> None:
    message = "name the price by either price or lookup_key"
    assert refusal(body(items=[ITEM, item])) == [("/items/1", message)]


@pytest.mark.parametrize(
    "price",
    ["", "price_", "prod_1abc", "price_1abc\n", "price_1/..", "price_é", f"price_{'1' * 201}", 7],
)
def test_a_price_is_an_id_of_stripes(price: object) -> None:
    assert pointers(body(items=[{"price": price, "quantity": 1}])) == ["/items/0/price"]


@pytest.mark.parametrize("key", ["", "a b", "a\n", "é", "k" * 201, 7])
def test_a_lookup_key_is_short_and_printable(key: object) -> None:
    assert pointers(body(items=[{"lookup_key": key, "quantity": 1}])) == ["/items/0/lookup_key"]


@pytest.mark.parametrize("quantity", [1, 2, 999_999])
def test_a_quantity_is_an_integer_within_bounds(quantity: int) -> None:
    assert read(body(items=[{"price": PRICE, "quantity": quantity}])).items[0].quantity == quantity


@pytest.mark.parametrize(
    "quantity", [0, -1, 1_000_000, 10**30, 1.0, 1.5, "1", True, None, [1], float("nan")]
)
def test_any_other_quantity_is_refused(quantity: object) -> None:
    item = {"price": PRICE, "quantity": quantity}
    assert pointers(body(items=[item])) == ["/items/0/quantity"]


def test_a_quantity_is_required() -> None:
    assert refusal(body(items=[{"price": PRICE}])) == [("/items/0/quantity", "Field required")]


@pytest.mark.parametrize("number", [1, 100])
def test_a_checkout_has_one_to_a_hundred_items(number: int) -> None:
    assert len(read(body(items=[ITEM] * number)).items) == number


@pytest.mark.parametrize("items", [[], [ITEM] * 101, None, ITEM, "price_1abc"])
def test_any_other_number_of_items_is_refused(items: object) -> None:
    assert pointers(body(items=items)) == ["/items"]


@pytest.mark.parametrize("number", [1, 10])
def test_a_checkout_has_up_to_ten_different_lookup_keys(number: int) -> None:
    named = [{"lookup_key": f"key-{index % number}", "quantity": 1} for index in range(100)]
    assert len(read(body(items=named)).lookup_keys) == number


def test_more_different_lookup_keys_are_refused() -> None:
    named = [{"lookup_key": f"key-{index}", "quantity": 1} for index in range(11)]
    assert refusal(body(items=named)) == [("/items", "name at most 10 different lookup keys")]


@pytest.mark.parametrize("name", sorted(FULL.keys() - {"items"}))
def test_an_optional_field_may_be_null(name: str) -> None:
    assert getattr(read(body(**{name: None})), name) is None


def test_items_are_required() -> None:
    assert refusal({}) == [("/items", "Field required")]


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        (body(currency="eur"), "/currency"),
        (body(items=[ITEM | {"amount": 1}]), "/items/0/amount"),
        (body(items=[ITEM, ITEM | {"price_data": {}}]), "/items/1/price_data"),
        (body(**{"a/b~c": 1}), "/a~1b~0c"),
        (body(**{"~1": 1}), "/~01"),
        (body(**{"": 1}), "/"),
        (body(**{"[key]": 1}), "/[key]"),
        (body(items=[ITEM | {"[key]": 1}]), "/items/0/[key]"),
        (body(mode="subscription"), "/mode"),
    ],
)
def test_an_unknown_field_is_refused_by_its_pointer(document: Json, pointer: str) -> None:
    assert refusal(document) == [(pointer, "Extra inputs are not permitted")]


@pytest.mark.parametrize("name", [name for name in FULL if name != "items"])
@pytest.mark.parametrize("value", [7, True, ["text"], {"a": 1}])
def test_types_are_not_converted(name: str, value: object) -> None:
    if name == "metadata" and value == {"a": 1}:
        assert pointers(body(metadata=value)) == ["/metadata/a"]
    else:
        assert pointers(body(**{name: value})) == [f"/{name}"]


@pytest.mark.parametrize(
    "address", ["", "ada", "ada@example", "@example.com", "a b@example.com", "a@b@example.com"]
)
def test_what_is_no_email_address_is_refused(address: str) -> None:
    assert pointers(body(customer_email=address)) == ["/customer_email"]


def test_strings_have_limits() -> None:
    limits = {
        "customer_email": ("a@example.com".rjust(512, "a"), "a@example.com".rjust(513, "a")),
        "client_reference_id": ("r" * 200, "r" * 201),
        "success_url": ("u" * 2000, "u" * 2001),
        "cancel_url": ("u" * 2000, "u" * 2001),
        "replaces": ("c" * 255, "c" * 256),
    }
    for name, (longest, too_long) in limits.items():
        assert getattr(read(body(**{name: longest})), name) == longest
        assert pointers(body(**{name: too_long})) == [f"/{name}"]


@pytest.mark.parametrize("reference", ["", "a\nb", "\x00", "a\x7f"])
def test_a_client_reference_is_one_line(reference: str) -> None:
    assert pointers(body(client_reference_id=reference)) == ["/client_reference_id"]


def test_metadata_leaves_room_for_ours() -> None:
    fits = {f"{number:040}": "v" * 500 for number in range(47)}
    assert read(body(metadata=fits)).metadata == fits
    assert pointers(body(metadata=fits | {"one": "more"})) == ["/metadata"]


@pytest.mark.parametrize(
    ("metadata", "pointer"),
    [
        ({"k" * 41: "v"}, f"/metadata/{'k' * 41}"),
        ({"": "v"}, "/metadata/"),
        ({"k": "v" * 501}, "/metadata/k"),
        ({"k": 7}, "/metadata/k"),
        ({"k": None}, "/metadata/k"),
        ({"a[b]": "v"}, "/metadata/a[b]"),
        ({"a/b[": "v"}, "/metadata/a~1b["),
        ({"[key]": "v"}, "/metadata/[key]"),
        ({"order_id": "ord_mine"}, "/metadata/order_id"),
        ({"checkout_stack": "another"}, "/metadata/checkout_stack"),
        ({"request_fingerprint": "f"}, "/metadata/request_fingerprint"),
    ],
)
def test_metadata_that_stripe_or_we_reject_is_refused(metadata: Json, pointer: str) -> None:
    assert pointers(body(metadata={"good": "v"} | metadata)) == [pointer]


def test_a_reserved_key_is_called_so() -> None:
    assert refusal(body(metadata={"order_id": "x"}))[0][1] == "this key is reserved"


def test_every_mistake_is_named_up_to_a_limit() -> None:
    several = {"items": [{"price": 7, "quantity": 0}], "customer_email": "ada", "extra": 1}
    assert pointers(several) == [
        "/items/0/price",
        "/items/0/quantity",
        "/customer_email",
        "/extra",
    ]
    assert len(pointers({f"unknown_{number}": 0 for number in range(1000)})) == MAX_ERRORS


@pytest.mark.parametrize("document", [[], [FULL], None, "text", 7, True])
def test_a_body_is_an_object(document: object) -> None:
    assert refusal(document) == [("", "Input should be an object")]


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b" ",
        b"{",
        b"{}}",
        b"{'items': []}",
        b"items=1",
        b"\xef\xbb\xbf{}",
        b"\xff",
        b'{"items": [{"price": "\xff", "quantity": 1}]}',
        b'{"client_reference_id": "\\ud800"}',
        b"[" * 100_000,
        b'{"a":' * 20_000,
    ],
)
def test_what_is_no_json_is_refused(sent: bytes) -> None:
    [(pointer, detail)] = refusal(sent)
    assert pointer == ""
    assert detail.startswith("Invalid JSON")


def test_the_last_of_two_fields_of_one_name_counts() -> None:
    sent = b'{"items": [], "items": [{"price": "price_1abc", "quantity": 1, "quantity": 2}]}'
    assert CheckoutRequest.from_json(sent) == read(body())


def test_an_error_quotes_no_value() -> None:
    wrong = {
        "items": [{"price": "ada@example.com", "quantity": "ada@example.com"}],
        "customer_email": "ada@example.com ",
        "metadata": {"k": ["ada@example.com"]},
    }
    assert "ada@example.com" not in str(refusal(wrong))
