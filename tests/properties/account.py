"""Stripe's side: customers who pay, a merchant who refunds, events and their signatures, and what
Stripe's objects say in the end, read without the service's own code.
"""

import json
from dataclasses import dataclass
from typing import Any

import stripe

from local.stripe_simulator.webhooks import thin_events
from tests.simulator.harness import Running
from tests.unit.stack import OTHER_STACK, STACK
from tests.unit.stripe_objects import signature

type Json = dict[str, Any]

CARDS = {
    "a card": "tok_visa",
    "a card that is declined": "tok_chargeDeclined",
    "a card whose refunds fail": "tok_refundFail",
    "a card whose refunds wait": "tok_pendingRefund",
    "a card that is disputed": "tok_createDispute",
    "a card that is inquired about": "tok_createDisputeInquiry",
}
BANK_ACCOUNTS = {
    "a bank debit": "AT611904300234573201",
    "a bank debit that fails": "IT60X0542811101000000123456",
    "a bank debit that is disputed": "AT591904300235473203",
}
INSTRUMENTS = [*CARDS, *BANK_ACCOUNTS]
EVIDENCE = ["winning_evidence", "losing_evidence", "escalate_inquiry_evidence"]
OVERLAP_SECONDS = 24 * 3600  # https://docs.stripe.com/webhooks#roll-endpoint-secrets
OF_SESSIONS = "checkout.session."
# What the service handles, and one type that it does not.
DELIVERED = (
    OF_SESSIONS,
    "charge.refunded",
    "charge.dispute.",
    "refund.",
    "payment_intent.payment_failed",
    "payment_intent.succeeded",
)


@dataclass(frozen=True)
class Truth:
    """What an order must say, by Stripe's objects."""

    status: str
    payment_status: str
    payment_intent: str | None
    amount_total: int
    amount_refunded: int
    currency: str
    dispute_status: str | None


class Account:
    def __init__(self, simulator: Running) -> None:
        self.sdk = simulator.sdk
        self._clock = simulator.clock
        self._secrets: list[tuple[str, float]] = [("whsec_1", float("inf"))]
        self._newest: dict[str, str] = {}
        product = self.sdk.v1.products.create({"name": "Mug"})
        self.price = self.sdk.v1.prices.create(
            {
                "product": product.id,
                "unit_amount": 1500,
                "currency": "eur",
                "metadata": {"sellable": "true"},
            }
        ).id

    @property
    def signing_secrets(self) -> list[str]:
        """Newest first."""
        return [secret for secret, until in reversed(self._secrets) if until > self._clock()]

    def roll(self, *, overlap: bool) -> None:
        secret, _never = self._secrets.pop()
        self._secrets.append((secret, self._clock() + (OVERLAP_SECONDS if overlap else 0)))
        self._secrets.append((f"whsec_{len(self._secrets) + 1}", float("inf")))

    def signed(self, document: Json, seconds_off: int = 0, *secrets: str) -> tuple[bytes, str]:
        """Give body and signature as sent by a clock that is so far from the service's."""
        body = json.dumps(document).encode()
        timestamp = int(self._clock()) + seconds_off
        return body, signature(body, *(secrets or self.signing_secrets), timestamp=timestamp)

    def new_events(self) -> list[Json]:
        """Give those that were not given before, oldest first."""
        listed = self._get("/v1/events", limit="100", **self._newest)
        assert not listed["has_more"]
        if listed["data"]:
            self._newest = {"ending_before": listed["data"][0]["id"]}
        return [one for one in reversed(listed["data"]) if one["type"].startswith(DELIVERED)]

    def pay(self, session_id: str, instrument: str) -> None:
        """Pay as a customer on the page does, who may be too late, or declined."""
        details: Json = {"type": "card", "card": {"token": CARDS.get(instrument)}}
        if instrument in BANK_ACCOUNTS:
            details = {
                "type": "sepa_debit",
                "sepa_debit": {"iban": BANK_ACCOUNTS[instrument]},
                "billing_details": {"name": "Jenny Rosen", "email": "jenny@example.com"},
            }
        method = self.sdk.raw_request("post", "/v1/payment_methods", **details).data["id"]
        amount = self._session(session_id)["amount_total"]
        page = f"/v1/payment_pages/{session_id}/confirm"
        self._attempt(page, payment_method=method, expected_amount=amount)

    def refund(self, session_id: str, amount: int | None) -> None:
        intent = self._session(session_id)["payment_intent"]
        wanted: Any = {"amount": amount} if amount else {}
        if intent is not None:
            self._attempt("/v1/refunds", payment_intent=intent["id"], **wanted)

    def answer_dispute(self, session_id: str, evidence: str) -> None:
        for dispute in self._disputes(session_id):
            text = {"uncategorized_text": evidence}
            self._attempt(f"/v1/disputes/{dispute['id']}", evidence=text, submit=True)

    def sell_elsewhere(self, metadata: dict[str, str]) -> None:
        """Another system on the same account sells and refunds something."""
        session = self.sdk.v1.checkout.sessions.create(
            {
                "mode": "payment",
                "success_url": "https://elsewhere.example/",
                "line_items": [{"price": self.price, "quantity": 1}],
                "metadata": metadata,
                "payment_intent_data": {"metadata": metadata},
            }
        )
        self.pay(session.id, "a card that is inquired about")
        self.refund(session.id, 100)

    def owner(self, event: Json) -> str | None:
        """Give the order of an event of this stack's, by its object or its PaymentIntent."""
        stripe_object = event["data"]["object"]
        if stripe_object["object"] in {"refund", "dispute"}:
            stripe_object = self._get(f"/v1/payment_intents/{stripe_object['payment_intent']}")
        metadata = stripe_object["metadata"]
        ours = metadata.get("checkout_stack") == STACK and not event["livemode"]
        return metadata["order_id"] if ours else None

    def is_ours(self, session_id: str, order_id: str) -> bool:
        metadata = self._session(session_id)["metadata"]
        return (metadata.get("checkout_stack"), metadata.get("order_id")) == (STACK, order_id)

    def truth(self, session_id: str) -> Truth:
        session = self._session(session_id)
        intent = session["payment_intent"] if session["status"] != "open" else None
        refunds = self._list("refunds", intent) if intent else []
        disputes = self._list("disputes", intent) if intent else []
        counted = sum(
            one["amount"] for one in refunds if one["status"] not in {"failed", "canceled"}
        )
        if intent and intent["latest_charge"]:
            charge = self._get(f"/v1/charges/{intent['latest_charge']}")
            assert charge["amount_refunded"] == counted
        return Truth(
            status=_status(session),
            payment_status=session["payment_status"],
            payment_intent=intent and intent["id"],
            amount_total=session["amount_total"],
            amount_refunded=counted,
            currency=session["currency"],
            dispute_status=disputes[0]["status"] if disputes else None,
        )

    def _session(self, session_id: str) -> Json:
        return self._get(f"/v1/checkout/sessions/{session_id}", expand=["payment_intent"])

    def _disputes(self, session_id: str) -> list[Json]:
        intent = self._session(session_id)["payment_intent"]
        return self._list("disputes", intent) if intent else []

    def _list(self, name: str, intent: Json) -> list[Json]:
        listed: list[Json] = self._get(f"/v1/{name}", payment_intent=intent["id"])["data"]
        return listed

    def _get(self, path: str, **parameters: object) -> Json:
        answer: Json = self.sdk.raw_request("get", path, **parameters).data
        return answer

    def _attempt(self, path: str, **parameters: object) -> None:
        """Stripe may refuse what a person wants."""
        try:
            self.sdk.raw_request("post", path, **parameters)
        except stripe.StripeError as refusal:
            assert refusal.http_status in {400, 402}, refusal  # noqa: PT017


FOREIGN = {
    "another system": {"order_id": "ord_elsewhere"},
    "another stack": {"order_id": "ord_elsewhere", "checkout_stack": OTHER_STACK},
}


def thin(event: Json) -> Json:
    return thin_events.notification(event)


def _status(session: Json) -> str:
    if session["status"] != "complete":
        return str(session["status"])
    if session["payment_status"] in {"paid", "no_payment_required"}:
        return "paid"
    return "processing" if session["payment_intent"]["status"] == "processing" else "failed"
