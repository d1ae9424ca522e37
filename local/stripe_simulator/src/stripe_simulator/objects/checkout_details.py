"""Details that a Checkout Session collects: addresses, names, consent, custom fields."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

import stripe

from stripe_simulator.api.errors import InvalidRequest
from stripe_simulator.api.parameters import Fields
from stripe_simulator.api.values import Boolean, Email, Text, TextOrUnset, one_of
from stripe_simulator.documents import Json
from stripe_simulator.objects.account import Account
from stripe_simulator.objects.checkout_choices import Choices
from stripe_simulator.objects.people import Address
from stripe_simulator.objects.sdk_lists import TAX_ID_TYPES
from stripe_simulator.objects.shapes import declared

MISSING = "parameter_missing"


class Consent(Fields):
    promotions: Literal["opt_in", "opt_out"] | None = None
    terms_of_service: Literal["accepted"] | None = None


class TaxId(Fields):
    type: Annotated[Text, one_of(TAX_ID_TYPES)]
    value: Text


class Details(Choices):
    """The customer's input; a field is required only if the session collects it."""

    business_name: TextOrUnset = None
    consent: Consent | None = None
    custom_fields: dict[str, str] | None = None
    email: Email | None = None
    individual_name: TextOrUnset = None
    name: TextOrUnset = None
    phone: TextOrUnset = None
    save_payment_method: Boolean = False
    tax_id: TaxId | None = None


@dataclass(frozen=True)
class Problem:
    """A problem in the customer's input; `message` is for the customer."""

    param: str
    message: str
    code: str = MISSING


def require_complete(account: Account, session: Json, details: Details, billing: Json) -> None:
    """Raise Stripe's error for the first problem. `billing` is the billing address."""
    for problem in problems(account, session, details, billing):
        message = problem.message
        if problem.code == MISSING:
            message = f"Missing required param: {problem.param}."
        raise InvalidRequest(message, param=problem.param, code=problem.code)


def problems(account: Account, session: Json, details: Details, billing: Json) -> Iterator[Problem]:
    yield from _addresses(session, details, billing)
    if session["phone_number_collection"]["enabled"] and not details.phone:
        yield Problem("phone", "Enter your phone number.")
    yield from _names(session, details)
    yield from _custom_fields(session, details.custom_fields or {})
    yield from _tax_ids(session, details)
    collection = session["consent_collection"] or {}
    consent = details.consent or Consent()
    if collection.get("terms_of_service") == "required" and not consent.terms_of_service:
        yield Problem("consent[terms_of_service]", "Agree to the terms of service.")
    if session["automatic_tax"]["enabled"] and account.checkout[session["id"]].country is None:
        message = "Enter your address, so that the tax can be calculated."
        yield Problem("billing_address[country]", message, "customer_tax_location_invalid")


def write(session: Json, details: Details, billing: Json, method: Json | None) -> None:
    """Write the collected details to the session, without those that it does not collect."""
    given = method["billing_details"] if method else {}
    customer_details = declared(
        stripe.checkout.Session.CustomerDetails,
        address=billing or None,
        email=session["customer_email"] or details.email or given.get("email"),
        name=details.name or details.business_name or given.get("name"),
        phone=details.phone or given.get("phone"),
        tax_exempt="none",
        tax_ids=[details.tax_id.model_dump()] if details.tax_id else [],
    )
    for name in ("business_name", "individual_name"):
        if getattr(details, name):
            customer_details[name] = getattr(details, name)
    session["customer_details"] = customer_details
    if details.shipping is not None and session["shipping_address_collection"] is not None:
        session["collected_information"] = session["collected_information"] | {
            "shipping_details": details.shipping.model_dump()
        }
    for field in session["custom_fields"]:
        field[field["type"]]["value"] = (details.custom_fields or {}).get(field["key"]) or None
    if session["consent_collection"] is not None:
        consent = (details.consent or Consent()).model_dump()
        session["consent"] = declared(stripe.checkout.Session.Consent, **consent)


def _addresses(session: Json, details: Details, billing: Json) -> Iterator[Problem]:
    if session["shipping_address_collection"] is not None:
        address = details.shipping.address if details.shipping else Address()
        if not details.shipping or not details.shipping.name:
            yield Problem("shipping[name]", "Enter the name of who receives the order.")
        yield from _address(address.model_dump(), "shipping[address]")
    if session["billing_address_collection"] == "required":
        yield from _address(billing, "billing_address")


def _address(address: Json, param: str) -> Iterator[Problem]:
    if not address.get("country"):
        yield Problem(f"{param}[country]", "Select the country.")
    if not address.get("line1"):
        yield Problem(f"{param}[line1]", "Enter the street and number.")


def _names(session: Json, details: Details) -> Iterator[Problem]:
    for kind, asked in (session.get("name_collection") or {}).items():
        name = f"{kind}_name"
        if asked and asked["enabled"] and not asked["optional"] and not getattr(details, name):
            yield Problem(name, f"Enter the {kind} name.")


def _custom_fields(session: Json, given: dict[str, str]) -> Iterator[Problem]:
    fields = {field["key"]: field for field in session["custom_fields"]}
    for key in given.keys() - fields.keys():
        yield Problem(f"custom_fields[{key}]", f"There is no field `{key}`.", "parameter_unknown")
    for key, field in fields.items():
        label, value = field["label"]["custom"], given.get(key, "")
        if not value:
            if not field["optional"]:
                yield Problem(f"custom_fields[{key}]", f"Fill in: {label}.")
            continue
        wrong = _misfit(field, value)
        if wrong:
            yield Problem(f"custom_fields[{key}]", f"{label}: {wrong}", "parameter_invalid_value")


def _misfit(field: Json, value: str) -> str | None:
    limits = field[field["type"]]
    if field["type"] == "dropdown":
        known = {option["value"] for option in limits["options"]}
        return None if value in known else "select one of the options."
    if field["type"] == "numeric" and not (value.isascii() and value.isdigit()):
        return "enter digits only."
    if len(value) > (limits.get("maximum_length") or 255):
        return f"enter at most {limits.get('maximum_length') or 255} characters."
    if len(value) < (limits.get("minimum_length") or 0):
        return f"enter at least {limits['minimum_length']} characters."
    return None


def _tax_ids(session: Json, details: Details) -> Iterator[Problem]:
    collection = session.get("tax_id_collection") or {"enabled": False, "required": "never"}
    if details.tax_id is not None and not collection["enabled"]:
        message = "This Checkout Session does not collect tax IDs."
        yield Problem("tax_id", message, "parameter_unknown")
    if details.tax_id is not None and not any(one.isdigit() for one in details.tax_id.value):
        yield Problem("tax_id[value]", "Your tax ID is invalid.", "tax_id_invalid")
    if collection["required"] == "if_supported":
        if details.tax_id is None:
            yield Problem("tax_id[value]", "Enter your tax ID.")
        if not details.business_name:
            yield Problem("business_name", "Enter the business name.")
