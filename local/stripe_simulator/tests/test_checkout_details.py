"""Details that a Checkout Session collects, and where they are shown."""

from typing import Any

import pytest
import stripe

from stripe_simulator.documents import Json
from stripe_simulator.testing import Running, Shop
from support.refusals import refused

SIZES: Json = {
    "key": "size",
    "label": {"type": "custom", "custom": "Size"},
    "type": "dropdown",
    "dropdown": {"options": [{"label": "Small", "value": "s"}, {"label": "Large", "value": "l"}]},
}
ENGRAVING: Json = {
    "key": "engraving",
    "label": {"type": "custom", "custom": "Engraving"},
    "type": "text",
    "text": {"maximum_length": 5},
    "optional": True,
}
ROOM: Json = {
    "key": "room",
    "label": {"type": "custom", "custom": "Room"},
    "type": "numeric",
    "optional": True,
}
FIELDS: Json = {"custom_fields": [SIZES, ENGRAVING, ROOM]}


def test_what_was_collected_is_shown(simulator: Running, shop: Shop) -> None:
    session = shop.session(
        phone_number_collection={"enabled": True},
        consent_collection={"terms_of_service": "required", "promotions": "auto"},
        tax_id_collection={"enabled": True},
        billing_address_collection="required",
        **FIELDS,
    )
    shop.pay(
        session,
        "pm_card_visa",
        billing_address={"line1": "1 Straße", "city": "Berlin", "country": "DE"},
        business_name="Mugs GmbH",
        consent={"terms_of_service": "accepted", "promotions": "opt_in"},
        custom_fields={"size": "l", "engraving": "Jenny"},
        email="jenny@example.com",
        phone="+4930123456",
        tax_id={"type": "eu_vat", "value": "DE123456789"},
    )
    paid = simulator.get(f"/v1/checkout/sessions/{session.id}")
    details = paid["customer_details"]
    assert (details["phone"], details["email"]) == ("+4930123456", "jenny@example.com")
    assert (details["address"]["city"], details["business_name"]) == ("Berlin", "Mugs GmbH")
    assert details["tax_ids"] == [{"type": "eu_vat", "value": "DE123456789"}]
    values = [field[field["type"]]["value"] for field in paid["custom_fields"]]
    assert values == ["l", "Jenny", None]
    assert paid["consent"] == {"terms_of_service": "accepted", "promotions": "opt_in"}


@pytest.mark.parametrize(
    ("options", "given", "param"),
    [
        ({"phone_number_collection": {"enabled": True}}, {}, "phone"),
        (
            {"consent_collection": {"terms_of_service": "required"}},
            {},
            "consent[terms_of_service]",
        ),
        (FIELDS, {}, "custom_fields[size]"),
        ({"billing_address_collection": "required"}, {}, "billing_address[country]"),
        (
            {"tax_id_collection": {"enabled": True, "required": "if_supported"}},
            {},
            "tax_id[value]",
        ),
        ({"name_collection": {"individual": {"enabled": True}}}, {}, "individual_name"),
    ],
)
def test_what_is_asked_for_is_required(shop: Shop, options: Json, given: Json, param: str) -> None:
    session = shop.session(**options)
    message = f"Missing required param: {param}."
    with refused(400, message, code="parameter_missing", param=param):
        shop.pay(session, "pm_card_visa", **given)


@pytest.mark.parametrize(
    ("given", "message", "code"),
    [
        ({"size": "xl"}, "Size: select one of the options.", "parameter_invalid_value"),
        (
            {"size": "s", "engraving": "Jennifer"},
            "Engraving: enter at most 5 characters.",
            "parameter_invalid_value",
        ),
        ({"size": "s", "room": "4b"}, "Room: enter digits only.", "parameter_invalid_value"),
        ({"size": "s", "color": "red"}, "There is no field `color`.", "parameter_unknown"),
    ],
)
def test_custom_field_is_checked(shop: Shop, given: Json, message: str, code: str) -> None:
    session = shop.session(**FIELDS)
    param = f"custom_fields[{list(given)[-1]}]"
    with refused(400, message, code=code, param=param):
        shop.pay(session, "pm_card_visa", custom_fields=given)


def test_tax_id_is_not_taken_unasked(shop: Shop) -> None:
    message = "This Checkout Session does not collect tax IDs."
    with refused(400, message, code="parameter_unknown", param="tax_id"):
        shop.pay(shop.session(), "pm_card_visa", tax_id={"type": "eu_vat", "value": "DE1"})


def test_quantity_is_adjusted(simulator: Running, shop: Shop) -> None:
    item = {
        "price": shop.price(1000).id,
        "quantity": 1,
        "adjustable_quantity": {"enabled": True, "minimum": 1, "maximum": 5},
    }
    session = shop.session(line_items=[item], expand=["line_items"])
    assert session.line_items is not None
    id_ = session.line_items.data[0].id
    with refused(400, "The quantity must be between 1 and 5.", param="line_items"):
        shop.pay(session, "pm_card_visa", line_items=[{"id": id_, "quantity": 6}])
    changed = [{"id": id_, "quantity": 4}]
    shop.pay(session, "pm_card_visa", line_items=changed, expected_amount=4000)
    paid = simulator.get(f"/v1/checkout/sessions/{session.id}", **{"expand[]": "line_items"})
    assert paid["amount_total"] == 4000
    assert [one["quantity"] for one in paid["line_items"]["data"]] == [4]


def test_quantity_is_fixed_unless_adjustable(shop: Shop) -> None:
    session = shop.session(expand=["line_items"])
    assert session.line_items is not None
    changed = [{"id": session.line_items.data[0].id, "quantity": 9}]
    with refused(400, "The quantity of this item can not be adjusted.", param="line_items"):
        shop.pay(session, "pm_card_visa", line_items=changed)


def test_optional_item_is_added(simulator: Running, shop: Shop) -> None:
    gift = shop.price(500)
    session = shop.session(optional_items=[{"price": gift.id, "quantity": 1}])
    assert session.optional_items is not None
    assert (session.amount_total, session.optional_items[0].price) == (3000, gift.id)
    added = [{"price": gift.id, "quantity": 1}]
    page = f"/v1/payment_pages/{session.id}"
    shop.sdk.raw_request("post", page, optional_items=added)
    assert simulator.get(f"/v1/checkout/sessions/{session.id}")["amount_total"] == 3500
    shop.sdk.raw_request("post", page, optional_items=[{"price": gift.id, "quantity": 0}])
    assert simulator.get(f"/v1/checkout/sessions/{session.id}")["amount_total"] == 3000
    shop.pay(session, "pm_card_visa", optional_items=added, expected_amount=3500)
    items = simulator.get(f"/v1/checkout/sessions/{session.id}/line_items")["data"]
    assert [item["amount_total"] for item in items] == [3000, 500]


def test_refused_choice_changes_nothing(simulator: Running, shop: Shop) -> None:
    gift = shop.price(500)
    session = shop.session(optional_items=[{"price": gift.id, "quantity": 1}])
    wrong = {"optional_items": [{"price": gift.id, "quantity": 1}], "shipping_rate": "shr_none"}
    with pytest.raises(stripe.InvalidRequestError):
        shop.pay(session, "pm_card_visa", **wrong)
    assert simulator.get(f"/v1/checkout/sessions/{session.id}")["amount_total"] == 3000
    assert len(simulator.get(f"/v1/checkout/sessions/{session.id}/line_items")["data"]) == 1


def test_declined_payment_is_retried_for_another_amount(simulator: Running, shop: Shop) -> None:
    gift = shop.price(500)
    session = shop.session(optional_items=[{"price": gift.id, "quantity": 1}])
    with pytest.raises(stripe.CardError):
        shop.pay(session, "pm_card_chargeDeclined")
    added = [{"price": gift.id, "quantity": 1}]
    shop.pay(session, "pm_card_visa", optional_items=added, expected_amount=3500)
    intents = simulator.get("/v1/payment_intents")["data"]
    assert [(one["amount"], one["amount_received"]) for one in intents] == [(3500, 3500)]


def test_invoice_is_made_of_a_paid_session(simulator: Running, shop: Shop) -> None:
    session = shop.session(
        invoice_creation={"enabled": True, "invoice_data": {"description": "Mugs"}}
    )
    assert session.invoice is None
    shop.pay(session, "pm_card_visa", email="jenny@example.com")
    paid = simulator.get(f"/v1/checkout/sessions/{session.id}")
    invoice = simulator.get(f"/v1/invoices/{paid['invoice']}")
    assert (invoice["status"], invoice["total"], invoice["description"]) == ("paid", 3000, "Mugs")
    assert (invoice["customer"], invoice["customer_email"]) == (
        paid["customer"],
        "jenny@example.com",
    )
    assert [line["amount"] for line in invoice["lines"]["data"]] == [3000]
    assert simulator.get("/v1/invoices", customer=paid["customer"])["data"] == [invoice]
    types = shop.event_types()
    assert types.index("invoice.paid") < types.index("checkout.session.completed")


def test_customer_is_updated_where_the_merchant_wants(shop: Shop) -> None:
    customers = shop.sdk.v1.customers
    kept = customers.create({"name": "Jenny"})
    session = shop.session(customer=kept.id, customer_update={"address": "auto"})
    given: Any = {"billing_address": {"country": "DE", "city": "Berlin"}, "name": "Somebody"}
    shop.pay(session, "pm_card_visa", **given)
    updated = customers.retrieve(kept.id)
    assert updated.address is not None
    assert (updated.name, updated.address.city) == ("Jenny", "Berlin")
