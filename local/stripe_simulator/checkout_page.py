"""The hosted page: what a Checkout Session's `url` shows to the person who pays."""

from starlette.routing import Route

from local.stripe_simulator.simulator import Simulator


def routes(simulator: Simulator) -> list[Route]:
    return []
