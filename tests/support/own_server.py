"""Requests of a shop's own server, which may name amounts, customers, discounts and options."""

import json

import pytest

from checkout.api.trusted import TrustedRequest
from checkout.checkouts import Checkouts
from tests.support.documents import Json

AMOUNT: Json = {"currency": "eur", "unit_amount": 2400, "product_data": {"name": "Mug"}}
OWN: Json = {"price_data": AMOUNT, "quantity": 2}
# What only such a server may name.
FIELDS: Json = {
    "customer": "cus_1a2B3c",
    "discounts": [{"coupon": "WINTER"}],
    "options": {"allow_promotion_codes": True},
}


@pytest.fixture
def trusted(checkouts: Checkouts) -> Checkouts:
    return checkouts.for_trusted_callers()


def body(*some: Json, **fields: object) -> TrustedRequest:
    document = {"items": list(some or [OWN]), **fields}
    return TrustedRequest.from_json(json.dumps(document).encode())
