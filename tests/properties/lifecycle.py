"""What every random sequence has: a world, its events, what must hold, and how it must end."""

import json
import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant

from checkout.errors import CheckoutError
from tests.properties.cloud import Crash, Mishap
from tests.properties.world import DAY_SECONDS, world
from tests.support.documents import Json

type Break = tuple[int, Mishap] | None

# At the so-many-th point before and after the step's side effects; as often nowhere.
BREAKS: list[Break] = [None] * 8 + [
    (number, mishap) for number in range(1, 5) for mishap in ("crash", "failure")
]
BROKEN = st.sampled_from(BREAKS)
NUMBERS = st.integers(0, 40)


class Lifecycle(RuleBasedStateMachine):
    checkouts = Bundle("checkouts")

    def __init__(self) -> None:
        super().__init__()
        self._stack = ExitStack()
        self.world = self._stack.enter_context(world())
        self.service, self.account = self.world.service, self.world.account
        # Oldest first, as the steps number them.
        self.events: list[Json] = []
        self.left_to_deliver: list[Json] = []
        self.used: set[str] = set()
        self.known: dict[str, tuple[str, tuple[str, str]]] = {}

    @invariant()
    def holds(self) -> None:
        for event in self.account.new_events():
            self._add(event)
        self.world.check()
        self.world.check_against_stripe()
        assert not self.service.queue.messages, "an authentic event could not be processed"
        assert not self.service.unpublished.messages, "a change could not be published"

    def teardown(self) -> None:
        with self._stack:
            if sys.exception() is None:
                self._converge()

    def _converge(self) -> None:
        """Deliver what is left, newest first; reconcile for the rest, after the next sweep."""
        self.service.restart()
        self.service.table.catch_up()
        for event in reversed(self.left_to_deliver):
            assert self.world.deliver(event)
        self.world.clock.now += DAY_SECONDS + 1
        # The first may go on with a list that was begun before the last refund.
        self.world.reconcile()
        self.world.reconcile()
        self.service.publish()
        self.world.check()
        self.world.check_convergence()
        for event in self.events:
            assert self.world.deliver(event)
        self.world.check_convergence()

    def _try[T](self, step: Callable[[], T], broken: Break) -> T | None:
        """Run a step and end its faults; return its response, None if it was interrupted."""
        effects = self.service.effects
        if broken is not None:
            effects.break_at(*broken)
        response: Any = None
        try:
            response = step()
        except Crash:
            self.service.restart()
        except CheckoutError:
            if not effects.struck:
                raise
        if broken is not None:
            note(f"# broken {effects.struck}")
        if effects.struck and isinstance(response, dict) and response.get("statusCode", 200) >= 500:
            response = None
        effects.repair()
        return response  # type: ignore[no-any-return]

    def _sell(self, by: str, refunds: tuple[int, ...]) -> str:
        session_id: str = body_of(self.service.create(self.world.body()))["session_id"]
        self.account.pay(session_id, by)
        for amount in refunds:
            self.account.refund(session_id, amount)
        return session_id

    def _reserve(self, by: str) -> str:
        response = self.service.create(self.world.body(), by_hand=True)
        session_id: str = body_of(response)["session_id"]
        self.account.pay(session_id, by)
        return session_id

    def _event(self, number: int) -> Json:
        event = self.events[number % len(self.events)]
        note(f"# {event['type']} {event['data']['object']['id']}")
        return event

    def _add(self, event: Json) -> None:
        self.events.append(event)
        self.left_to_deliver.append(event)

    def _done_with(self, event: Json) -> None:
        if event in self.left_to_deliver:
            self.left_to_deliver.remove(event)


def body_of(response: Json) -> Json:
    document: Json = json.loads(response["body"])
    return document
