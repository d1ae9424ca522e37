"""Fields of the payment page that a session's options add."""

from collections.abc import Iterator, Sequence

from stripe_simulator.documents import Json
from stripe_simulator.objects.account import Account
from stripe_simulator.objects.checkout_choices import MOST
from stripe_simulator.objects.checkout_people import offered_methods
from stripe_simulator.objects.currencies import written
from stripe_simulator.objects.sdk_lists import TAX_ID_TYPES
from stripe_simulator.page import countries
from stripe_simulator.page.fields import Asked, Field, Group


def asked(account: Account, session: Json) -> Asked:
    text = {name: (one or {}).get("message", "") for name, one in session["custom_text"].items()}
    return Asked(
        order=list(_order(account, session)),
        details=list(_details(session, text)) + list(_shipping_method(account, session)),
        payment=list(_saved(account, session)),
        consent=list(_consent(session, text)),
    )


def _order(account: Account, session: Json) -> Iterator[Group]:
    facts = account.checkout[session["id"]]
    fields = [
        Field(
            f"quantity_{item['id']}",
            f"line_items[{position}][quantity]",
            f"Quantity of {item['description']}",
            type="number",
            value=str(item["quantity"]),
            minimum=max(item["adjustable_quantity"].get("minimum") or 1, 1),
            maximum=item["adjustable_quantity"].get("maximum") or MOST,
            also=[(f"line_items[{position}][id]", item["id"])],
            updates=True,
        )
        for position, item in enumerate(facts.line_items)
        if item["adjustable_quantity"] and item["adjustable_quantity"]["enabled"]
    ]
    fields += [
        _optional(account, session, position, one)
        for position, one in enumerate(session["optional_items"] or [])
    ]
    if fields:
        yield Group("Your order", fields, applies="Update order")
    if session["allow_promotion_codes"]:
        code = next((one["promotion_code"] for one in facts.discounts), None)
        given = account.promotion_codes[code]["code"] if code else ""
        yield Group(
            "Promotion code",
            [
                Field(
                    "promotion_code",
                    "promotion_code",
                    "Promotion code",
                    id="promotionCode",
                    value=given,
                    required=False,
                )
            ],
            applies="Apply",
        )


def _optional(account: Account, session: Json, position: int, one: Json) -> Field:
    price = account.prices[one["price"]]
    name = account.products[price["product"]]["name"]
    amount = written(price["unit_amount"] or 0, price["currency"])
    facts = account.checkout[session["id"]]
    chosen = facts.optional_items.get(one["price"])
    quantity = next((item["quantity"] for item in facts.line_items if item["id"] == chosen), 0)
    adjustable = one.get("adjustable_quantity") or {"enabled": False}
    return Field(
        f"optional_{one['price']}",
        f"optional_items[{position}][quantity]",
        f"Add {name} ({amount})",
        type="number" if adjustable["enabled"] else "checkbox",
        options=[] if adjustable["enabled"] else [(str(one["quantity"]), "")],
        value=str(quantity) if quantity or adjustable["enabled"] else "",
        required=False,
        minimum=0,
        maximum=adjustable.get("maximum") or MOST,
        also=[(f"optional_items[{position}][price]", one["price"])],
        unchecked="0",
        updates=True,
    )


def _details(session: Json, text: dict[str, str]) -> Iterator[Group]:
    contact = [
        Field(f"{kind}_name", f"{kind}_name", f"{kind.title()} name", required=not one["optional"])
        for kind, one in (session.get("name_collection") or {}).items()
        if one and one["enabled"]
    ]
    if session["phone_number_collection"]["enabled"]:
        contact.append(
            Field(
                "phone", "phone", "Phone number", id="phoneNumber", type="tel", autocomplete="tel"
            )
        )
    if contact:
        yield Group("Your details", contact)
    if session["shipping_address_collection"] is not None:
        allowed = session["shipping_address_collection"]["allowed_countries"]
        names = [(code, countries.COUNTRIES.get(code, code)) for code in allowed]
        yield Group("Shipping address", _shipping_address(names), text.get("shipping_address", ""))
    if session["billing_address_collection"] == "required":
        yield Group("Billing address", _address("", "billing_address", "billing"))
    if (session.get("tax_id_collection") or {"enabled": False})["enabled"]:
        yield _tax_id(session)
    custom = [_custom(one) for one in session["custom_fields"]]
    if custom:
        yield Group("Additional information", custom)


def _shipping_address(names: Sequence[tuple[str, str]]) -> list[Field]:
    name = Field(
        "shipping_name",
        "shipping[name]",
        "Full name",
        id="shippingName",
        autocomplete="shipping name",
    )
    country = Field(
        "shipping_country",
        "shipping[address][country]",
        "Shipping country or region",
        id="shippingCountry",
        type="select",
        options=names,
        value=names[0][0],
        autocomplete="shipping country",
        updates=True,
    )
    rest = _address("shipping_", "shipping[address]", "shipping")
    code = Field(
        "shipping_postal_code",
        "shipping[address][postal_code]",
        "Postal code",
        id="shippingPostalCode",
        required=False,
        autocomplete="shipping postal-code",
    )
    return [name, country, *rest, code]


def _address(prefix: str, param: str, kind: str) -> list[Field]:
    rows = [
        ("line1", "Address line 1", "AddressLine1", "address-line1", True),
        ("line2", "Address line 2", "AddressLine2", "address-line2", False),
        ("city", "City", "Locality", "address-level2", False),
        ("state", "State", "AdministrativeArea", "address-level1", False),
    ]
    return [
        Field(
            f"{prefix}{name}",
            f"{param}[{name}]",
            label,
            id=f"{kind}{id_}",
            required=required,
            autocomplete=f"{kind} {autocomplete}",
        )
        for name, label, id_, autocomplete, required in rows
    ]


def _tax_id(session: Json) -> Group:
    required = session["tax_id_collection"]["required"] == "if_supported"
    types = [(one, one.replace("_", " ").upper()) for one in TAX_ID_TYPES]
    name = Field("business_name", "business_name", "Business name", required=required)
    kind = Field("tax_id_type", "", "Type of tax ID", type="select", options=types, value="eu_vat")
    value = Field("tax_id", "tax_id[value]", "Tax ID", required=required)
    return Group("Business purchase", [name, kind, value])


def _custom(one: Json) -> Field:
    kind = one[one["type"]]
    options = [(option["value"], option["label"]) for option in kind.get("options", [])]
    return Field(
        f"custom_{one['key']}",
        f"custom_fields[{one['key']}]",
        one["label"]["custom"],
        type="select" if options else "text",
        options=[("", "Select"), *options] if options else [],
        value=kind.get("default_value") or "",
        required=not one["optional"],
        maximum=kind.get("maximum_length"),
    )


def _shipping_method(account: Account, session: Json) -> Iterator[Group]:
    if not session["shipping_options"]:
        return
    options = []
    for one in session["shipping_options"]:
        rate = account.shipping_rates[one["shipping_rate"]]
        amount = written(one["shipping_amount"], session["currency"])
        options.append((rate["id"], f"{rate['display_name']}: {amount}"))
    chosen = account.checkout[session["id"]].shipping_rate or ""
    method = Field(
        "shipping_rate",
        "shipping_rate",
        "Shipping method",
        type="radio",
        options=options,
        value=chosen,
        updates=True,
    )
    yield Group("Shipping method", [method])


def _saved(account: Account, session: Json) -> Iterator[Group]:
    methods = [
        (
            one["id"],
            f"{(one.get('card') or {}).get('brand', 'SEPA').title()} ending in {last4(one)}",
        )
        for one in offered_methods(account, session)
    ]
    if methods:
        options = [*methods, ("", "Another payment method")]
        saved = Field(
            "saved_method", "", "Pay with", type="radio", options=options, value=methods[0][0]
        )
        yield Group("Saved payment methods", [saved])
    offered = session["saved_payment_method_options"] or {}
    if offered.get("payment_method_save") == "enabled":
        label = "Save my payment information for the next purchase"
        save = Field(
            "save_payment_method",
            "save_payment_method",
            label,
            type="checkbox",
            options=[("true", "")],
            required=False,
        )
        yield Group("", [save])


def last4(method: Json) -> str:
    digits: str = method[method["type"]]["last4"]
    return digits


def _consent(session: Json, text: dict[str, str]) -> Iterator[Group]:
    collection = session["consent_collection"] or {}
    fields = []
    if collection.get("terms_of_service") == "required":
        label = text.get("terms_of_service_acceptance") or "I agree to the terms of service."
        fields.append(
            Field(
                "terms_of_service",
                "consent[terms_of_service]",
                label,
                id="termsOfServiceConsentCheckbox",
                type="checkbox",
                options=[("accepted", "")],
            )
        )
    if collection.get("promotions") == "auto":
        fields.append(
            Field(
                "promotions",
                "consent[promotions]",
                "Send me news and offers.",
                type="checkbox",
                options=[("opt_in", "")],
                required=False,
                unchecked="opt_out",
            )
        )
    if fields or text.get("submit"):
        yield Group("", fields, text.get("submit", ""))
