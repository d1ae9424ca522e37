import json
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkout.api.models import CheckoutRequest, Item

PRICE = "price_1abc"
ITEM = {"price": PRICE, "quantity": 2}
FULL: dict[str, Any] = {
    "items": [ITEM, {"lookup_key": "tea-green", "quantity": 1}],
    "customer_email": "ada@example.com",
    "client_reference_id": "cart-77",
    "metadata": {"gift": "yes"},
    "success_url": "https://shop.example/thanks",
    "cancel_url": "https://shop.example/cart",
}


# The fingerprint of FULL with KEY, for good: a repeat is a repeat across deployments.
KEY = "cart-77-attempt-1"
PINNED = "bf24be1c5d021622caa7d4e269c18a028ed6c6e3c5a6bde02a26dbe60633ded8"


def read(document: object) -> CheckoutRequest:
    return CheckoutRequest.from_json(json.dumps(document).encode())


SHORT = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1, max_size=9)
REQUESTS = st.builds(
    lambda items, optional: CheckoutRequest.model_validate({"items": items} | optional),
    st.lists(
        st.fixed_dictionaries({"price": st.just(PRICE), "quantity": st.integers(1, 3)})
        | st.fixed_dictionaries({"lookup_key": st.just("tea"), "quantity": st.integers(1, 3)}),
        min_size=1,
        max_size=3,
    ),
    st.fixed_dictionaries(
        {},
        optional={
            "customer_email": st.emails(domains=st.just("example.com")).filter(str.isascii),
            "client_reference_id": SHORT,
            "metadata": st.dictionaries(st.sampled_from("abc"), SHORT),
            "success_url": SHORT,
            "cancel_url": SHORT,
            "replaces": SHORT,
        },
    ),
)


@given(REQUESTS, st.randoms())
def test_the_same_request_has_the_same_fingerprint(
    request: CheckoutRequest, random: Random
) -> None:
    document = request.model_dump(exclude_unset=True)
    names = list(document)
    random.shuffle(names)
    rewritten = json.dumps({name: document[name] for name in names}, indent=random.choice([1, 2]))
    again = CheckoutRequest.from_json(rewritten.encode())
    assert again.fingerprint("key") == request.fingerprint("key")


@given(REQUESTS, REQUESTS)
def test_another_request_has_another_fingerprint(
    one: CheckoutRequest, other: CheckoutRequest
) -> None:
    assert (one.fingerprint("key") == other.fingerprint("key")) == (one == other)


@pytest.mark.parametrize("name", [*FULL, "price", "quantity"])
def test_each_field_counts_for_the_fingerprint(name: str) -> None:
    changes: dict[str, Any] = {
        "items": [ITEM],
        "customer_email": "bob@example.com",
        "client_reference_id": None,
        "metadata": {"gift": "no"},
        "success_url": None,
        "cancel_url": FULL["success_url"],
        "price": "price_2",
        "quantity": 3,
    }
    change = {name: changes[name]}
    other = change if name in FULL else {"items": [ITEM | change, FULL["items"][1]]}
    assert read(FULL | other).fingerprint("key") != read(FULL).fingerprint("key")


def test_an_explicit_null_is_a_field_left_out() -> None:
    null = read({"items": [ITEM], "customer_email": None})
    assert null.fingerprint("key") == read({"items": [ITEM]}).fingerprint("key")


def test_a_fingerprint_cannot_be_compared_without_its_key() -> None:
    fingerprints = {read(FULL).fingerprint(key) for key in ("key", "other", "k" * 255)}
    assert len(fingerprints) == 3
    assert all(len(fingerprint) == 64 for fingerprint in fingerprints)


@pytest.mark.parametrize("name", [name for name in FULL if name != "items"] + ["replaces"])
def test_each_optional_null_is_a_field_left_out(name: str) -> None:
    null = {"items": [ITEM | {"lookup_key": None}], name: None}
    assert read(null).fingerprint(KEY) == read({"items": [ITEM]}).fingerprint(KEY)


def test_the_fingerprint_of_a_request_never_changes() -> None:
    assert read(FULL).fingerprint(KEY) == PINNED


class LaterItem(Item):
    """An item with fields that a later version adds."""

    adjustable: bool = True
    note: str | None = None


class LaterRequest(CheckoutRequest):
    items: list[LaterItem]  # type: ignore[assignment]
    theme: str = "auto"
    note: str | None = None


@pytest.mark.parametrize("document", [FULL, {"items": [ITEM]}])
def test_a_new_optional_field_does_not_change_a_fingerprint(document: dict[str, Any]) -> None:
    later = LaterRequest.from_json(json.dumps(document).encode())
    assert later.fingerprint(KEY) == read(document).fingerprint(KEY)
    other = LaterRequest.from_json(json.dumps(document | {"theme": "de"}).encode())
    assert other.fingerprint(KEY) != later.fingerprint(KEY)
