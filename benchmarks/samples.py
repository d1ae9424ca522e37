"""The functions' invocations, and the objects in the backends' responses.

They are made from the samples in events/, which have the fields that Stripe sends.
"""

import copy
import hashlib
import hmac
import json
import time
from functools import cache
from typing import Any

from local.paths import ROOT

NO_SUCH_ORDER = "warm-up"  # checkout/aws/orders_table.py
SIGNING_SECRET = "whsec_bench"  # noqa: S105  (of no account)

type Json = dict[str, Any]


@cache
def _sample(function: str, name: str) -> Json:
    invocation: Json = json.loads((ROOT / "events" / function / f"{name}.json").read_text())
    return invocation


def create() -> Json:
    return _sample("create_session", "card_checkout")


def confirm() -> Json:
    return _sample("confirm_payment", "session")


def list_prices() -> Json:
    return _sample("list_prices", "prices")


def reconcile() -> Json:
    return _sample("reconcile_orders", "schedule")


def publish() -> Json:
    return _sample("publish_changes", "order_paid")


def webhook() -> Json:
    """Return `checkout.session.completed`, signed now."""
    invocation = copy.deepcopy(_sample("stripe_webhook", "checkout_session_completed"))
    timestamp = int(time.time())
    signed = f"{timestamp}.{invocation['body']}".encode()
    signature = hmac.new(SIGNING_SECRET.encode(), signed, hashlib.sha256).hexdigest()
    invocation["headers"]["stripe-signature"] = f"t={timestamp},v1={signature}"
    return invocation


def order_image() -> Json:
    image: Json = publish()["Records"][0]["dynamodb"]["NewImage"]
    return image


def session(*, paid: bool = False, line_items: bool = False) -> Json:
    """Return a session of Stripe's API, with the PaymentIntent or the line items expanded."""
    body = _sample("stripe_webhook", "checkout_session_completed")["body"]
    found: Json = json.loads(body)["data"]["object"]
    if paid:
        intent = {"id": found["payment_intent"], "object": "payment_intent", "status": "succeeded"}
        return found | {"payment_intent": intent}
    found |= {"status": "open", "payment_status": "unpaid", "payment_intent": None}
    found["url"] = "https://checkout.stripe.com/c/pay/cs_test_a1B2c3"
    if line_items:
        line = {"id": "li_1", "object": "item", "amount_total": 4200, "quantity": 2}
        found["line_items"] = {
            "object": "list",
            "data": [line | {"price": price("price_1abc")}],
            "has_more": False,
            "url": "/v1/checkout/sessions/cs_test_a1B2c3/line_items",
        }
    return found


def price(price_id: str) -> Json:
    """Return a sellable price with its product: https://docs.stripe.com/api/prices/object"""
    return {
        "id": price_id,
        "object": "price",
        "active": True,
        "currency": "eur",
        "livemode": False,
        "lookup_key": None,
        "metadata": {"sellable": "true"},
        "nickname": None,
        "product": {
            "id": "prod_1",
            "object": "product",
            "active": True,
            "description": None,
            "images": [],
            "metadata": {},
            "name": "Mug",
        },
        "tax_behavior": "unspecified",
        "type": "one_time",
        "unit_amount": 2100,
    }
