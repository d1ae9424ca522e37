"""For tests: the simulator in the test's own process, a receiver of its webhooks, and a shop.

with running(fast()) as simulator, receiving() as receiver:
shop = Shop(simulator.sdk)
"""

from stripe_simulator.testing.receiver import Received, Receiver, receiving
from stripe_simulator.testing.server import (
    NO_TLS,
    RESTRICTED_KEY,
    SECRET_KEY,
    WAIT_SECONDS,
    Clock,
    Running,
    fast,
    running,
)
from stripe_simulator.testing.shop import Shop

__all__ = [
    "NO_TLS",
    "RESTRICTED_KEY",
    "SECRET_KEY",
    "WAIT_SECONDS",
    "Clock",
    "Received",
    "Receiver",
    "Running",
    "Shop",
    "fast",
    "receiving",
    "running",
]
