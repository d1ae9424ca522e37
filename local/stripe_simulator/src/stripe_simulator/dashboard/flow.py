"""`/live`: the twelve steps of the latest purchase as they happen, and its order's history."""

import ssl
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

import httpx

from stripe_simulator.dashboard.screens import Action, Ask, Screen
from stripe_simulator.documents import Json
from stripe_simulator.flow import BACKEND, FRONTEND, STRIPE
from stripe_simulator.journal import Outcome, Purchase, State, Taken, steps
from stripe_simulator.simulator import Simulator

COMPLETED = "checkout.session.completed"
READ_SECONDS = 2.0
# Loading certificates takes longer than the request, which does not use TLS.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
# In units of the drawing.
WIDTH = 840
LIFELINES = {FRONTEND: 90, BACKEND: 420, STRIPE: 750}
FIRST_ROW, ROW_HEIGHT, ARROW_GAP, LOOP_WIDTH = 76, 42, 4, 40
STATE_WORDS: dict[State, str] = {
    "waiting": "not yet",
    "next": "waiting for this",
    "done": "done",
    "failed": "failed",
}


@dataclass(frozen=True)
class Arrow:
    """A step in the drawing: from x1 to x2 at y, or a loop if they are equal."""

    taken: Taken
    x1: int
    x2: int
    y: int

    @property
    def label_x(self) -> int:
        return (self.x1 + self.x2) // 2 if self.x1 != self.x2 else self.x1 + LOOP_WIDTH + ARROW_GAP


def flow(simulator: Simulator, _: Ask) -> Json:
    purchase = simulator.journal.latest
    taken = steps(purchase, _webhook(simulator, purchase))
    order = simulator.shown_order
    return {
        "arrows": [_arrow(one, row) for row, one in enumerate(taken)],
        "bottom": FIRST_ROW + ROW_HEIGHT * len(taken) - ROW_HEIGHT // 2,
        "done": sum(one.state == "done" for one in taken),
        "lifelines": LIFELINES,
        "loop_width": LOOP_WIDTH,
        "order": order if purchase and order and order["order_id"] == purchase.order_id else None,
        "purchase": purchase,
        "readable": simulator.settings.orders_url is not None,
        "taken": taken,
        "width": WIDTH,
        "words": STATE_WORDS,
    }


async def load_order(simulator: Simulator) -> None:
    """Read the order of the latest purchase; it may not exist yet."""
    simulator.shown_order = None
    purchase, url = simulator.journal.latest, simulator.settings.orders_url
    if purchase is None or purchase.order_id is None or url is None:
        return
    try:
        async with httpx.AsyncClient(
            timeout=READ_SECONDS, trust_env=False, verify=NO_TLS
        ) as client:
            response = await client.get(f"{url}{purchase.order_id}")
    except httpx.HTTPError:
        return
    if response.status_code == HTTPStatus.OK:
        simulator.shown_order = response.json()


def _webhook(simulator: Simulator, purchase: Purchase | None) -> Outcome | None:
    """Return the last delivery attempt of the session's completion; None before the first."""
    for attempt in reversed(simulator.deliveries.attempts):
        if purchase is None or attempt["type"] != COMPLETED:
            continue
        event = simulator.log.events.find(attempt["event"])
        if event is not None and event["data"]["object"]["id"] == purchase.session_id:
            at = datetime.fromisoformat(attempt["at"]).timestamp()
            status = str(attempt["status"]) if attempt["status"] else attempt["outcome"]
            return Outcome(at, status, failed=attempt["outcome"] != "delivered")
    return None


def _arrow(taken: Taken, row: int) -> Arrow:
    x1, x2 = LIFELINES[taken.stage.source], LIFELINES[taken.stage.target]
    gap = ARROW_GAP if x1 < x2 else -ARROW_GAP if x1 > x2 else 0
    return Arrow(taken, x1 + gap, x2 - gap, FIRST_ROW + row * ROW_HEIGHT)


SCREENS = (Screen("/live", "flow.html", flow, load_order),)
ACTIONS: tuple[Action, ...] = ()
