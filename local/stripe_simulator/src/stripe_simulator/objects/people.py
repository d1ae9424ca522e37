"""Names and addresses, shared by several objects."""

from stripe_simulator.api.parameters import Fields
from stripe_simulator.api.values import Email, Text, TextOrUnset
from stripe_simulator.documents import Json

ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")


class Address(Fields):
    city: TextOrUnset = None
    country: TextOrUnset = None
    line1: TextOrUnset = None
    line2: TextOrUnset = None
    postal_code: TextOrUnset = None
    state: TextOrUnset = None


class Shipping(Fields):
    address: Address
    name: Text
    carrier: TextOrUnset = None
    phone: TextOrUnset = None
    tracking_number: TextOrUnset = None


class BillingDetails(Fields):
    address: Address | None = None
    email: Email | None = None
    name: TextOrUnset = None
    phone: TextOrUnset = None
    tax_id: TextOrUnset = None


def billing_details(given: BillingDetails | None) -> Json:
    details = given or BillingDetails()
    return details.model_dump() | {"address": (details.address or Address()).model_dump()}
