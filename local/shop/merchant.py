"""The merchant's actions in Stripe's Dashboard: captures, refunds, responses to disputes."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import stripe

from local.machine.waiting import wait_for

if TYPE_CHECKING:
    from stripe.params import PaymentIntentCaptureParams, RefundCreateParams

WAIT_SECONDS = 60.0
# Stripe's test values for `evidence[uncategorized_text]`, which decide a dispute.
WINNING = "winning_evidence"
LOSING = "losing_evidence"
ESCALATING = "escalate_inquiry_evidence"


@dataclass(frozen=True)
class Merchant:
    """`sdk` is a client for the stack's Stripe account."""

    sdk: stripe.StripeClient

    def payment_intent(self, session_id: str) -> str:
        intent = self.sdk.v1.checkout.sessions.retrieve(session_id).payment_intent
        if intent is None:
            raise LookupError(f"nobody has tried to pay {session_id}")
        return str(intent)

    def refund(self, session_id: str, amount: int | None = None) -> stripe.Refund:
        """Refund an amount in the currency's minor unit, or all that is left."""
        params: RefundCreateParams = {"payment_intent": self.payment_intent(session_id)}
        if amount is not None:
            params["amount"] = amount
        return self.sdk.v1.refunds.create(params)

    def capture(self, session_id: str, amount: int | None = None) -> None:
        """Capture the reserved amount, or a part of it and release the rest."""
        params: PaymentIntentCaptureParams = {}
        if amount is not None:
            params["amount_to_capture"] = amount
        self.sdk.v1.payment_intents.capture(self.payment_intent(session_id), params)

    def cancel(self, session_id: str) -> None:
        """Cancel the payment and release the reserved amount."""
        self.sdk.v1.payment_intents.cancel(self.payment_intent(session_id))

    def edit_payment(self, session_id: str, **metadata: str) -> None:
        """Change the metadata of a payment; without arguments remove all of it.

        https://docs.stripe.com/api/metadata
        """
        self.sdk.v1.payment_intents.update(
            self.payment_intent(session_id), {"metadata": metadata or ""}
        )

    def dispute(self, session_id: str) -> stripe.Dispute:
        """Return the newest dispute of a payment with a disputing test card."""
        intent = self.payment_intent(session_id)
        return self.sdk.v1.disputes.list({"payment_intent": intent}).data[0]

    def respond_to_dispute(self, dispute_id: str, evidence: str) -> None:
        """Submit evidence; the bank takes some time to decide."""
        self.sdk.v1.disputes.update(
            dispute_id, {"evidence": {"uncategorized_text": evidence}, "submit": True}
        )

    def settle_dispute(self, session_id: str, evidence: str) -> None:
        """Respond to the dispute, and wait for the bank to decide it."""
        dispute = self.dispute(session_id)
        self.respond_to_dispute(dispute.id, evidence)
        wait_for(
            lambda: self.dispute(session_id).status in {"won", "lost", "warning_closed"},
            f"the bank decides {dispute.id}",
            seconds=WAIT_SECONDS,
        )

    def expire(self, session_id: str) -> None:
        self.sdk.v1.checkout.sessions.expire(session_id)
