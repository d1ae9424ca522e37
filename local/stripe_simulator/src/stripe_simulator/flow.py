"""The twelve steps of a purchase, which the demo prints and the simulator's live view draws.

Standard library only: the local AWS imports it too (ministack_main.py).
"""

from dataclasses import dataclass

FRONTEND, BACKEND, STRIPE = "Frontend", "Backend", "Stripe"


@dataclass(frozen=True)
class Stage:
    """One of the twelve steps; `source` and `target` are equal if nothing is sent."""

    number: int
    title: str
    source: str
    target: str


# In the order of events: Stripe redirects after the webhook's response.
# https://docs.stripe.com/checkout/fulfillment#redirect-hosted-checkout
FLOW = (
    Stage(1, "checkout request", FRONTEND, BACKEND),
    Stage(2, "create Checkout Session", BACKEND, STRIPE),
    Stage(3, "session id and url", STRIPE, BACKEND),
    Stage(4, "session id and url", BACKEND, FRONTEND),
    Stage(5, "redirect to the page to pay on", FRONTEND, STRIPE),
    Stage(10, "webhook event, signed", STRIPE, BACKEND),
    Stage(6, "paid, redirect to success_url", STRIPE, FRONTEND),
    Stage(7, "read the session id", FRONTEND, FRONTEND),
    Stage(8, "confirm payment", FRONTEND, BACKEND),
    Stage(9, "retrieve session", BACKEND, STRIPE),
    Stage(11, "the result", BACKEND, FRONTEND),
    Stage(12, "the page shows the result", FRONTEND, FRONTEND),
)
STAGES = {stage.number: stage for stage in FLOW}
