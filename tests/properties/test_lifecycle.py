"""Whatever is done, delivered, lost, repeated or broken, in any order: no step breaks an invariant,
and in the end every order is what Stripe's objects say.

A failing sequence is printed as the calls that lead to it, which can be pasted into a test.
"""

from collections.abc import Callable

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.properties.account import (
    EVIDENCE,
    FOREIGN,
    METADATA_EDITS,
    Account,
    thin,
)
from tests.properties.lifecycle import BROKEN, NUMBERS, Break, body_of
from tests.properties.lifecycle_at_the_shop import AtTheShop
from tests.properties.world import FORMS
from tests.support.documents import Json
from tests.support.samples import SAMPLES, sample

STEPS = 30
# After the last, an authorization is over.
WAITS = {"two seconds": 2, "two hours": 7200, "25 hours": 90_000, "eight days": 691_200}
# Of other accounts, whose events a Connect platform gets too, and thin ones.
FOREIGN_ACCOUNTS = ({"account": "acct_1Other"}, {"context": "acct_1Other"}, {"account": ""})

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


class WholeLifecycle(AtTheShop):
    checkouts = AtTheShop.checkouts

    @rule(checkout=checkouts, how=st.sampled_from(METADATA_EDITS), other=NUMBERS)
    def edit_payment(self, checkout: str, how: str, other: int) -> None:
        orders = sorted(self.service.table.items)
        self.account.edit_payment(checkout, how, orders[other % len(orders)])

    @rule(checkout=checkouts, times=st.sampled_from((2, 6)))
    def refund_in_parts(self, checkout: str, times: int) -> None:
        for _ in range(times):
            self.account.refund(checkout, 10)

    @rule(checkout=checkouts, amount=st.sampled_from((100, 1400, None)))
    def capture(self, checkout: str, amount: int | None) -> None:
        self.account.capture(checkout, amount)

    @rule(checkout=checkouts)
    def cancel(self, checkout: str) -> None:
        self.account.cancel(checkout)

    @rule(checkout=checkouts)
    def escalate(self, checkout: str) -> None:
        self.account.escalate(checkout)

    @rule(lags=st.booleans())
    def let_index_lag(self, lags: bool) -> None:  # noqa: FBT001  (a rule's arguments are named)
        table = self.service.table
        table.let_index_lag() if lags else table.catch_up()

    @rule(checkout=checkouts, amount=st.sampled_from((100, None)))
    def refund(self, checkout: str, amount: int | None) -> None:
        self.account.refund(checkout, amount)

    @rule(checkout=checkouts, evidence=st.sampled_from(EVIDENCE))
    def respond_to_dispute(self, checkout: str, evidence: str) -> None:
        self.account.respond_to_dispute(checkout, evidence)

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
    @rule(event=NUMBERS, whose=st.sampled_from(FOREIGN_ACCOUNTS), form=st.sampled_from(FORMS))
    def deliver_of_another_account(self, event: int, whose: Json, form: str) -> None:
        before = dict(self.service.table.items)
        document = thin(self._event(event)) if "thin" in form else self._event(event)
        if "eventbridge" in form:
            response = self.service.receive_from_eventbridge(document | whose)
        else:
            response = body_of(self.service.receive(*self.account.signed(document | whose)))
        assert response["outcome"] == "ignored"
        assert self.service.table.items == before

    @precondition(lambda self: self.events)
    @rule(event=NUMBERS, how=st.sampled_from(sorted(FORGERIES)))
    def forge(self, event: int, how: str) -> None:
        before, writes = dict(self.service.table.items), self.service.table.writes
        response = self.service.receive(*FORGERIES[how](self.account, self._event(event)))
        assert response["statusCode"] == 400
        assert (self.service.table.items, self.service.table.writes) == (before, writes)

    @rule(overlap=st.booleans())
    def roll_the_secret(self, overlap: bool) -> None:  # noqa: FBT001  (a rule's arguments are named)
        """Without overlap, Stripe's next delivery is signed with a secret that no container knows,
        just after the last forgery caused one.
        """
        self.world.clock.now += WAITS["two seconds"]
        self.account.roll(overlap=overlap)
        self.world.secret.signing_secrets = self.account.signing_secrets[:2]

    @rule()
    def restart(self) -> None:
        self.service.restart()

    @rule(looks=st.sampled_from((None, None, 0, 1, 3)), broken=BROKEN)
    def reconcile(self, looks: int | None, broken: Break) -> None:
        report = self._try(lambda: self.service.reconcile(looks=looks), broken)
        if report is None or (broken and report["failed"]):
            return
        assert report["failed"] == 0
        if report["finished"]:
            for item in self.service.table.items.values():
                truth = self.account.truth(item["session_id"]["S"])
                assert item["status"]["S"] == truth.status

    @rule(broken=BROKEN)
    def publish(self, broken: Break) -> None:
        self._try(self.service.publish, broken)

    @rule(by=st.sampled_from((*WAITS, "two hours")), scheduled=st.booleans())
    def time_passes(self, by: str, scheduled: bool) -> None:  # noqa: FBT001  (see above)
        self.world.clock.now += WAITS[by]
        if scheduled:
            self.world.reconcile()


TestLifecycle = WholeLifecycle.TestCase
TestLifecycle.settings = settings(
    max_examples=sample(some=6, all=200),
    stateful_step_count=STEPS,
    derandomize=SAMPLES == "some",
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
