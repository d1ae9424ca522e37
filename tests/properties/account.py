"""The Stripe account: payments, refunds, signed events, and the expected state of orders, read from
Stripe's objects without the service's code.
"""

import json
from dataclasses import dataclass
from typing import Any

import stripe

from stripe_simulator.testing import Running
from stripe_simulator.webhooks import thin_events
from tests.support.documents import Json
from tests.support.stack import OTHER_STACK, STACK
from tests.support.stripe_objects import signature

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
# Handled event types, and some that are ignored.
DELIVERED = (
    OF_SESSIONS,
    "charge.captured",
    "charge.refunded",
    "charge.dispute.",
    "refund.",
    "payment_intent.",
)

# The order's status for a completed unpaid session, by the PaymentIntent's status.
OF_PAYMENTS = {"processing": "processing", "requires_capture": "authorized", "canceled": "canceled"}

# Price, product, lookup key, quantity, amount_total.
type Item = tuple[str, str, str | None, int, int]

# Edits of a PaymentIntent's metadata by people or plugins.
METADATA_EDITS = ("cleared", "overwritten", "the mark of another order")


@dataclass(frozen=True)
class Truth:
    """The expected fields of an order, from Stripe's objects."""

    status: str
    payment_status: str
    payment_intent: str | None
    amount_total: int
    amount_captured: int
    amount_refunded: int
    currency: str
    dispute_status: str | None
    items: tuple[Item, ...]


class Account:
    def __init__(self, simulator: Running) -> None:
        self.sdk = simulator.sdk
        self._simulator = simulator
        self._clock = simulator.clock
        self._secrets: list[tuple[str, float]] = [("whsec_1", float("inf"))]
        self._newest: dict[str, str] = {}
        self._items: dict[str, tuple[Item, ...]] = {}
        self.price = self._sell("Mug", 1500, "mug", sellable="true")
        self.unmarked = self._sell("TV for the staff room", 2000, "staff_tv")
        self.free = self._sell("Sticker", 0, "sticker", sellable="true")

    def _sell(self, name: str, amount: int, lookup_key: str, **metadata: str) -> str:
        return self.sdk.v1.prices.create(
            {
                "product_data": {"name": name},
                "unit_amount": amount,
                "currency": "eur",
                "lookup_key": lookup_key,
                "metadata": metadata,
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
        """Return body and signature, signed by a clock with this offset in seconds."""
        body = json.dumps(document).encode()
        timestamp = int(self._clock()) + seconds_off
        return body, signature(body, *(secrets or self.signing_secrets), timestamp=timestamp)

    def new_events(self) -> list[Json]:
        """Return those not returned before, oldest first."""
        listed = self._get("/v1/events", limit="100", **self._newest)
        assert not listed["has_more"]
        if listed["data"]:
            self._newest = {"ending_before": listed["data"][0]["id"]}
        return [one for one in reversed(listed["data"]) if one["type"].startswith(DELIVERED)]

    def pay(self, session_id: str, instrument: str) -> None:
        """Pay on the page; the payment may be too late or declined."""
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

    def capture(self, session_id: str, amount: int | None) -> None:
        """Capture the reserved amount, or a part of it."""
        wanted: Any = {"amount_to_capture": amount} if amount else {}
        self._end_authorization(session_id, "capture", **wanted)

    def cancel(self, session_id: str) -> None:
        """Cancel the payment and release the reserved amount."""
        self._end_authorization(session_id, "cancel")

    def _end_authorization(self, session_id: str, how: str, **parameters: object) -> None:
        session = self._session(session_id)
        if session["status"] == "complete" and session["payment_intent"] is not None:
            path = f"/v1/payment_intents/{session['payment_intent']['id']}/{how}"
            self._attempt(path, **parameters)

    def edit_payment(self, session_id: str, how: str, other_order: str) -> None:
        """Edit the metadata that links a payment's events to their order."""
        intent = self._session(session_id)["payment_intent"]
        if intent is None:
            return
        order_id = {"overwritten": "SO-10023", "the mark of another order": other_order}.get(how)
        # An empty string removes a key: https://docs.stripe.com/api/metadata
        metadata: Any = {"order_id": order_id} if order_id else ""
        self.sdk.v1.payment_intents.update(intent["id"], {"metadata": metadata})

    def escalate(self, session_id: str) -> None:
        """Escalate a payment's open inquiries to chargebacks."""
        for dispute in self._disputes(session_id):
            if dispute["status"].startswith("warning_needs"):
                self._simulator.request("POST", f"/_simulator/disputes/{dispute['id']}/escalate")

    def respond_to_dispute(self, session_id: str, evidence: str) -> None:
        for dispute in self._disputes(session_id):
            text = {"uncategorized_text": evidence}
            self._attempt(f"/v1/disputes/{dispute['id']}", evidence=text, submit=True)

    def sell_elsewhere(self, metadata: dict[str, str]) -> None:
        """Sell and refund something through another system on the same account."""
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
        """Return the order of an event, by the session of its payment; None if it is not ours."""
        stripe_object = event["data"]["object"]
        if stripe_object["object"] != "checkout.session":
            payment = stripe_object
            intent = payment["id" if payment["object"] == "payment_intent" else "payment_intent"]
            sessions = self._get("/v1/checkout/sessions", payment_intent=intent)["data"]
            stripe_object = sessions[0]
        metadata = stripe_object["metadata"]
        ours = metadata.get("checkout_stack") == STACK and not event["livemode"]
        return metadata["order_id"] if ours else None

    def newest_session(self) -> Json:
        newest: Json = self._get("/v1/checkout/sessions", limit="1")["data"][0]
        return newest

    def open_for_what_is_not_sold(self) -> set[str]:
        """Return the open sessions for prices that the shop does not sell."""
        listed = self._get("/v1/checkout/sessions", status="open", limit="100")["data"]
        not_sold = {self.unmarked, self.free}
        return {
            session["id"]
            for session in listed
            if not_sold & {item[0] for item in self._items_of(session["id"])}
        }

    def status(self, session_id: str) -> str:
        return str(self._session(session_id)["status"])

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
            amount_captured=intent["amount_received"] if intent else 0,
            amount_refunded=counted,
            currency=session["currency"],
            dispute_status=disputes[0]["status"] if disputes else None,
            items=self._items_of(session_id),
        )

    def _items_of(self, session_id: str) -> tuple[Item, ...]:
        """Return a session's items, which never change."""
        if session_id not in self._items:
            path = f"/v1/checkout/sessions/{session_id}/line_items"
            self._items[session_id] = tuple(
                (
                    line["price"]["id"],
                    line["price"]["product"],
                    line["price"]["lookup_key"],
                    line["quantity"],
                    line["amount_total"],
                )
                for line in self._get(path, limit="100")["data"]
            )
        return self._items[session_id]

    def _session(self, session_id: str) -> Json:
        return self._get(f"/v1/checkout/sessions/{session_id}", expand=["payment_intent"])

    def _disputes(self, session_id: str) -> list[Json]:
        intent = self._session(session_id)["payment_intent"]
        return self._list("disputes", intent) if intent else []

    def _list(self, name: str, intent: Json) -> list[Json]:
        listed: list[Json] = self._get(f"/v1/{name}", payment_intent=intent["id"], limit="100")[
            "data"
        ]
        return listed

    def _get(self, path: str, **parameters: object) -> Json:
        response: Json = self.sdk.raw_request("get", path, **parameters).data
        return response

    def _attempt(self, path: str, **parameters: object) -> None:
        """Make a request that Stripe may refuse."""
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
    return OF_PAYMENTS.get(session["payment_intent"]["status"], "failed")
