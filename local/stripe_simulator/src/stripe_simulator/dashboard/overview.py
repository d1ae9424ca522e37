"""The first screen: the latest activity, and active misbehaviour."""

from collections import Counter

from stripe_simulator.behaviour import Behaviour
from stripe_simulator.dashboard.screens import Ask, Screen, latest
from stripe_simulator.documents import Json
from stripe_simulator.simulator import Simulator

SHOWN = 8


def overview(simulator: Simulator, _: Ask) -> Json:
    account = simulator.account
    outcomes = Counter(one["outcome"] for one in simulator.deliveries.attempts)
    return {
        "attempts": latest(reversed(simulator.deliveries.attempts), "")[:SHOWN],
        "events": latest(reversed(simulator.log.events), "")[:SHOWN],
        "payments": latest(reversed(account.payment_intents), "")[:SHOWN],
        "counts": [
            ("Payments", "/dashboard/payments", len(account.payment_intents)),
            ("Checkout sessions", "/dashboard/sessions", len(account.sessions)),
            ("Refunds", "/dashboard/refunds", len(account.refunds)),
            ("Disputes", "/dashboard/disputes", len(account.disputes)),
            ("Events", "/dashboard/events", len(simulator.log.events)),
            ("Deliveries", "/dashboard/deliveries", outcomes["delivered"]),
            ("Failed deliveries", "/dashboard/deliveries?query=failed", outcomes["failed"]),
        ],
        "misbehaves": simulator.behaviour != Behaviour(),
    }


OVERVIEW = Screen("/", "overview.html", overview)
