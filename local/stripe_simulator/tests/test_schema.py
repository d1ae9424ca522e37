"""The table of Stripe's described shapes, and the comparison with it."""

import asyncio
from typing import Any

import httpx
import pytest
import stripe
from starlette.responses import JSONResponse

from stripe_simulator.objects.shapes import change, declared
from stripe_simulator.schema import derive
from stripe_simulator.schema.check import document_violations, violations
from stripe_simulator.simulator import Simulator
from stripe_simulator.testing import NO_TLS, fast
from stripe_simulator.testing.conformity import Conformity

SPEC: dict[str, Any] = {
    "info": {"version": "2026-01-01"},
    "components": {
        "schemas": {
            "charge": {
                "description": "Prose.",
                "properties": {
                    "customer": {
                        "anyOf": [
                            {"maxLength": 22, "type": "string"},
                            {"$ref": "#/components/schemas/payout"},
                        ],
                        "nullable": True,
                    },
                    "metadata": {"additionalProperties": {"type": "string"}, "type": "object"},
                    "outcome": {"$ref": "#/components/schemas/charge_outcome"},
                    "status": {"enum": ["paid"], "type": "string"},
                    "tags": {"items": {"type": "string"}, "type": "array"},
                },
                "required": ["metadata", "status"],
                "type": "object",
            },
            "charge_outcome": {"nullable": True, "type": "object"},
            "payout": {"type": "object", "x-resourceId": "payout"},
        }
    },
}


def test_table_keeps_the_facts_and_no_prose() -> None:
    assert derive.table(SPEC) == {
        "version": "2026-01-01",
        "shapes": {
            "charge": {
                "fields": {
                    "customer?": ["string:22", "object"],
                    "metadata!": {"map": "string"},
                    "outcome?": "#charge_outcome",
                    "status!": {"enum": ["paid"]},
                    "tags": {"list": "string"},
                }
            },
            "charge_outcome": "object",
        },
    }


@pytest.mark.parametrize(
    ("changes", "violation"),
    [
        ({"amount": "30"}, "balance_transaction.amount: is no integer"),
        ({"amount": True}, "balance_transaction.amount: is no integer"),
        ({"amount": None}, "balance_transaction.amount: is null"),
        ({"balance_type": None}, "balance_transaction.balance_type: is null"),
        ({"status": "s" * 5001}, "balance_transaction.status: is longer than 5000"),
        ({"type": "gift"}, "balance_transaction.type: 'gift' is no value of it"),
        ({"fee_details": {}}, "balance_transaction.fee_details: is no list"),
        ({"fee_details": [3]}, "balance_transaction.fee_details[]: is no object"),
        (
            {"fee_details": [{}]},
            "balance_transaction.fee_details[].amount: is required and missing",
        ),
        ({"source": 3}, "balance_transaction.source: fits no alternative"),
        ({"source": {"object": "charge"}}, "balance_transaction.source.id: is required"),
    ],
)
def test_violation_is_found(changes: dict[str, object], violation: str) -> None:
    found = list(violations(_transaction() | changes, "balance_transaction"))
    assert any(one.startswith(violation) for one in found), found


def test_described_object_has_no_violation() -> None:
    assert list(violations(_transaction(), "balance_transaction")) == []


def test_lists_events_and_errors_are_compared() -> None:
    product = {"object": "product"}
    for document, path in (
        ({"object": "list", "data": [product]}, "product.name"),
        ({"object": "event", "data": {"object": product}}, "product.name"),
        ({"error": {}}, "api_errors.type"),
    ):
        assert f"{path}: is required and missing" in list(document_violations(document))


def test_field_without_a_value_is_null_or_absent() -> None:
    product = declared(stripe.Product, name="Mug", unit_label=None, description=None)
    assert product["description"] is None
    assert "unit_label" in product
    assert "deleted" not in product
    assert "type" not in product


def test_field_of_a_hash_is_null_or_absent() -> None:
    outcome = declared(stripe.Charge.Outcome, type="authorized")
    assert outcome["reason"] is None
    assert "rule" not in outcome


def test_change_to_nothing_is_null_or_absent() -> None:
    refund = declared(stripe.Refund, pending_reason="processing", reason="duplicate")
    change(refund, {"pending_reason": None, "reason": None})
    assert "pending_reason" not in refund
    assert refund["reason"] is None


def test_each_response_is_compared() -> None:
    async def call() -> Conformity:
        app = Conformity(JSONResponse({"object": "product"}), Simulator(fast()))
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, verify=NO_TLS) as client:
            response = await client.get("http://stripe/v1/products/prod_1")
            assert response.json() == {"object": "product"}
        return app

    assert "product.name: is required and missing" in asyncio.run(call()).found


def test_each_recorded_object_is_compared() -> None:
    simulator = Simulator(fast())
    simulator.account.products.add({"id": "prod_1", "object": "product", "name": None})
    app = Conformity(JSONResponse({}), simulator)
    app.check_recorded()
    assert "product.name: is null" in app.found


def _transaction() -> dict[str, object]:
    return declared(
        stripe.BalanceTransaction,
        amount=30,
        available_on=1,
        balance_type="payments",
        created=1,
        currency="usd",
        fee=0,
        fee_details=[],
        id="txn_1",
        net=30,
        reporting_category="charge",
        status="pending",
        type="charge",
    )
