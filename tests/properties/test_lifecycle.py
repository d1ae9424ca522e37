"""Whatever is done, delivered, lost, repeated or broken, in any order: no step breaks an invariant,
and in the end every order is what Stripe's objects say.

A failing sequence is printed as the calls that lead to it, which can be pasted into a test.
"""

import json
import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from checkout.errors import CheckoutError
from tests.properties.account import EVIDENCE, FOREIGN, INSTRUMENTS, Account
from tests.properties.cloud import Crash, Mishap
from tests.properties.world import DAY_SECONDS, FORMS, world
from tests.samples import SAMPLES, sample

type Json = dict[str, Any]
type Break = tuple[int, Mishap] | None

STEPS = 30
MOMENTS = {"two seconds": 2, "two hours": 7200, "25 hours": 90_000}
# At the so-many-th point before and after the step's side effects; as often nowhere.
BREAKS: list[Break] = [None] * 8 + [
    (number, mishap) for number in range(1, 5) for mishap in ("crash", "failure")
]
BROKEN = st.sampled_from(BREAKS)
NUMBERS = st.integers(0, 40)
AMOUNT = 1500  # of a mug
REFUNDS = st.sampled_from(((), (100,), (100, 200), (AMOUNT,)))
BUYERS = st.sampled_from(INSTRUMENTS)
KEYS = ("key-1", "key-2")
CARTS = ("a mug", "two mugs")

# What nobody but Stripe could have sent, or nobody just now.
FORGERIES: dict[str, Callable[[Account, Json], tuple[bytes, str | None]]] = {
    "signed with another secret": lambda by, event: by.signed(event, 0, "whsec_forged"),
    "signed with the empty secret": lambda by, event: by.signed(event, 0, ""),
    "unsigned": lambda by, event: (by.signed(event)[0], None),
    "altered after signing": lambda by, event: (
        by.signed(event | {"created": 0})[0],
        by.signed(event)[1],
    ),
    "301 seconds old": lambda by, event: by.signed(event, -301),
    "301 seconds ahead": lambda by, event: by.signed(event, 301),
}


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
        self.known: dict[str, tuple[str, tuple[str, str]]] = {}

    @rule(
        target=checkouts,
        cart=st.sampled_from(CARTS),
        key=st.sampled_from((None, *KEYS)),
        broken=BROKEN,
    )
    def create(self, cart: str, key: str | None, broken: Break) -> "str | MultipleResults[str]":
        answer = self._try(lambda: self.service.create(self.world.body(cart), key), broken)
        if answer is None:
            return multiple()
        known_cart, known = self.known.get(key or "", (cart, None))
        if answer["statusCode"] == 422:
            # A crash may have left the key to another cart.
            assert key is not None
            assert known is None or known_cart != cart
            return multiple()
        assert answer["statusCode"] == 201, answer
        created = _body(answer)
        assert created["order_id"] in self.service.table.items
        if known is not None:
            assert known_cart == cart
            assert (created["order_id"], created["session_id"]) == known
            return multiple()
        if key is not None:
            self.known[key] = cart, (created["order_id"], created["session_id"])
        session_id: str = created["session_id"]
        return session_id

    @rule(checkout=checkouts, by=BUYERS)
    def pay(self, checkout: str, by: str) -> None:
        self.account.pay(checkout, by)

    @initialize(target=checkouts, by=BUYERS, refunds=REFUNDS)
    def sell_first(self, by: str, refunds: tuple[int, ...]) -> str:
        return self._sell(by, refunds)

    @rule(target=checkouts, by=BUYERS, refunds=REFUNDS)
    def sell(self, by: str, refunds: tuple[int, ...]) -> str:
        """All at once: most that can go wrong comes after that."""
        return self._sell(by, refunds)

    @rule(checkout=checkouts, broken=BROKEN)
    def confirm(self, checkout: str, broken: Break) -> None:
        answer = self._try(lambda: self.service.confirm(checkout), broken)
        if answer is not None:
            assert answer["statusCode"] == 200, answer
            said, truth = _body(answer), self.account.truth(checkout)
            assert (said["status"], said["amount_total"]) == (truth.status, truth.amount_total)

    @rule(checkout=checkouts, amount=st.sampled_from((100, None)))
    def refund(self, checkout: str, amount: int | None) -> None:
        self.account.refund(checkout, amount)

    @rule(checkout=checkouts, evidence=st.sampled_from(EVIDENCE))
    def answer_dispute(self, checkout: str, evidence: str) -> None:
        self.account.answer_dispute(checkout, evidence)

    @rule(by=st.sampled_from(sorted(FOREIGN)))
    def sell_elsewhere(self, by: str) -> None:
        self.account.sell_elsewhere(FOREIGN[by])

    @precondition(lambda self: self.events)
    @rule(
        event=NUMBERS,
        form=st.sampled_from(FORMS),
        seconds_off=st.sampled_from((0, 0, 299, -299)),
        broken=BROKEN,
    )
    def deliver(self, event: int, form: str, seconds_off: int, broken: Break) -> None:
        document = self._event(event)
        if self._try(lambda: self.world.deliver(document, form, seconds_off), broken):
            self._done_with(document)

    @precondition(lambda self: self.events)
    @rule(event=NUMBERS)
    def issue_again_under_another_id(self, event: int) -> None:
        self._add(self._event(event) | {"id": f"evt_again_{len(self.events)}"})

    @precondition(lambda self: self.left_to_deliver)
    @rule(event=NUMBERS)
    def drop(self, event: int) -> None:
        """Leave it to the reconciliation."""
        self._done_with(self._event(event))

    @precondition(lambda self: self.events)
    @rule(event=NUMBERS)
    def deliver_of_the_other_mode(self, event: int) -> None:
        before = dict(self.service.table.items)
        self.world.deliver(self._event(event) | {"livemode": True})
        assert self.service.table.items == before

    @precondition(lambda self: self.events)
    @rule(event=NUMBERS, how=st.sampled_from(sorted(FORGERIES)))
    def forge(self, event: int, how: str) -> None:
        before, writes = dict(self.service.table.items), self.service.table.writes
        answer = self.service.receive(*FORGERIES[how](self.account, self._event(event)))
        assert answer["statusCode"] == 400
        assert (self.service.table.items, self.service.table.writes) == (before, writes)

    @rule(overlap=st.booleans())
    def roll_the_secret(self, overlap: bool) -> None:  # noqa: FBT001  (a rule's arguments are named)
        """Without overlap, Stripe's next delivery is signed with a secret that no container knows,
        a moment after the last forgery made one ask.
        """
        self.world.clock.now += MOMENTS["two seconds"]
        self.account.roll(overlap=overlap)
        self.world.secret.signing_secrets = self.account.signing_secrets[:2]

    @rule()
    def restart(self) -> None:
        self.service.restart()

    @rule(looks=st.sampled_from((None, None, 0, 1, 3)), broken=BROKEN)
    def reconcile(self, looks: int | None, broken: Break) -> None:
        report = self._try(lambda: self.service.reconcile(looks=looks), broken)
        if report is not None and report["finished"]:
            assert report["failed"] == 0
            for item in self.service.table.items.values():
                truth = self.account.truth(item["session_id"]["S"])
                assert item["status"]["S"] == truth.status

    @rule(broken=BROKEN)
    def publish(self, broken: Break) -> None:
        self._try(self.service.publish, broken)

    @rule(by=st.sampled_from((*MOMENTS, "two hours")), scheduled=st.booleans())
    def time_passes(self, by: str, scheduled: bool) -> None:  # noqa: FBT001  (see above)
        self.world.clock.now += MOMENTS[by]
        if scheduled:
            self.world.reconcile()

    @invariant()
    def holds(self) -> None:
        for event in self.account.new_events():
            self._add(event)
        self.world.check()
        self.world.check_against_stripe()
        assert not self.service.queue.messages, "an authentic event could not be processed"

    def teardown(self) -> None:
        with self._stack:
            if sys.exception() is None:
                self._converge()

    def _converge(self) -> None:
        """Deliver what is left, newest first; reconcile for the rest, after the next sweep."""
        self.service.restart()
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
        """Give a step's answer, None if it was broken off; then all is well again."""
        effects = self.service.effects
        if broken is not None:
            effects.break_at(*broken)
        answer: Any = None
        try:
            answer = step()
        except Crash:
            self.service.restart()
        except CheckoutError:
            if not effects.struck:
                raise
        if broken is not None:
            note(f"# broken {effects.struck}")
        if effects.struck and isinstance(answer, dict) and answer.get("statusCode", 200) >= 500:
            answer = None
        effects.mend()
        return answer  # type: ignore[no-any-return]

    def _sell(self, by: str, refunds: tuple[int, ...]) -> str:
        session_id: str = _body(self.service.create(self.world.body()))["session_id"]
        self.account.pay(session_id, by)
        for amount in refunds:
            self.account.refund(session_id, amount)
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


def _body(answer: Json) -> Json:
    document: Json = json.loads(answer["body"])
    return document


TestLifecycle = Lifecycle.TestCase
TestLifecycle.settings = settings(
    max_examples=sample(some=15, all=200),
    stateful_step_count=STEPS,
    derandomize=SAMPLES == "some",
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
