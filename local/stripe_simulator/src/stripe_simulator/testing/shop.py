"""The test's common SDK calls: create prices and sessions, and pay."""

from dataclasses import dataclass
from typing import Any

import stripe

from stripe_simulator.documents import Json


@dataclass(frozen=True)
class Shop:
    """SDK calls that most tests start with."""

    sdk: stripe.StripeClient

    def price(self, unit_amount: int = 1500, currency: str = "usd", **more: Any) -> stripe.Price:  # noqa: ANN401
        product = self.sdk.v1.products.create({"name": "Mug"})
        params: Any = {"product": product.id, "unit_amount": unit_amount, "currency": currency}
        return self.sdk.v1.prices.create(params | more)

    def session(self, price: stripe.Price | None = None, **more: Any) -> stripe.checkout.Session:  # noqa: ANN401
        if "line_items" not in more:
            more["line_items"] = [{"price": (price or self.price()).id, "quantity": 2}]
        params: Any = {
            "mode": "payment",
            "success_url": "https://shop.example/thanks?session_id={CHECKOUT_SESSION_ID}",
            "cancel_url": "https://shop.example/cart",
        }
        return self.sdk.v1.checkout.sessions.create(params | more)

    def payment_method(self, **card: str) -> str:
        response = self.sdk.raw_request("post", "/v1/payment_methods", type="card", card=card)
        id_: str = response.data["id"]
        return id_

    def bank_account(self, iban: str) -> str:
        response = self.sdk.raw_request(
            "post",
            "/v1/payment_methods",
            type="sepa_debit",
            sepa_debit={"iban": iban},
            billing_details={"name": "Jenny Rosen", "email": "jenny@example.com"},
        )
        id_: str = response.data["id"]
        return id_

    def pay(self, session: stripe.checkout.Session, payment_method: str, **more: Any) -> Json:  # noqa: ANN401
        response = self.sdk.raw_request(
            "post",
            f"/v1/payment_pages/{session.id}/confirm",
            **({"payment_method": payment_method, "expected_amount": session.amount_total} | more),
        )
        page: Json = response.data
        return page

    def paid_session(self, token: str = "tok_visa") -> stripe.checkout.Session:
        session = self.session()
        self.pay(session, self.payment_method(token=token))
        return self.sdk.v1.checkout.sessions.retrieve(session.id)

    def event_types(self) -> list[str]:
        """Return the types of all events, oldest first."""
        return [str(event.type) for event in self.sdk.v1.events.list({"limit": 100}).data][::-1]
