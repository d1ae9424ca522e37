"""The steps of the latest purchases, derived from observed requests.

The simulator observes its own requests and deliveries. The local AWS reports the start and the end
of the frontend's two calls (observed.py). Steps 7 and 12 happen in the frontend's page and are
inferred: 7 from the confirm request, which has the session id, and 12 from its response.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Literal

from pydantic import BaseModel, Field

from stripe_simulator.flow import FLOW, Stage

KEPT = 20
WEBHOOK_STEP = 10
# By step: its call, and the phase that completes it.
TAKEN_BY = {
    1: ("create", "started"),
    2: ("create_session", "started"),
    3: ("create_session", "ended"),
    4: ("create", "ended"),
    5: ("open_page", "ended"),
    6: ("pay", "ended"),
    7: ("confirm", "started"),
    8: ("confirm", "started"),
    9: ("retrieve_session", "ended"),
    11: ("confirm", "ended"),
    12: ("confirm", "ended"),
}
# Reconciliation also retrieves sessions: count these steps from the last confirm's start.
OF_CONFIRM = frozenset({9, 11, 12})
SHOWS_RESULT = 12

type Key = tuple[str, str]
type State = Literal["waiting", "next", "done", "failed"]


class Report(BaseModel, extra="forbid"):
    """A report of observed.py; `at` is in seconds since 1970 UTC."""

    call: Literal["create", "confirm", "create_session", "retrieve_session", "open_page", "pay"]
    id: str = Field(max_length=100)
    phase: Literal["started", "ended"]
    at: float = Field(ge=0, lt=1e11)
    status: int | None = None
    session_id: str | None = Field(None, max_length=300)
    order_id: str | None = Field(None, max_length=100)
    order_status: str | None = Field(None, max_length=100)


@dataclass(frozen=True)
class Outcome:
    """The outcome of a step; `at` is in seconds since 1970 UTC."""

    at: float
    detail: str
    failed: bool = False


@dataclass(frozen=True)
class Taken:
    """A step of the flow and its state; "next" is the step that the purchase waits for."""

    stage: Stage
    state: State
    outcome: Outcome | None


@dataclass
class Purchase:
    session_id: str | None = None
    order_id: str | None = None
    calls: set[str] = field(default_factory=set)
    seen: dict[Key, Report] = field(default_factory=dict)

    def add(self, report: Report) -> None:
        self.calls.add(report.id)
        self.seen[report.call, report.phase] = report
        self.session_id = report.session_id or self.session_id
        self.order_id = report.order_id or self.order_id

    def outcome(self, number: int) -> Outcome | None:
        """Return the outcome of a step other than the webhook's."""
        report = self.seen.get(TAKEN_BY[number])
        if report is None or (number in OF_CONFIRM and not self._is_of_confirm(report)):
            return None
        failed = report.status is not None and report.status >= HTTPStatus.BAD_REQUEST
        if failed and number == SHOWS_RESULT:
            return None
        parts = [] if report.status is None else [str(report.status)]
        if report.order_status is not None and not failed:
            parts.append(f"the order is {report.order_status}")
        return Outcome(report.at, ", ".join(parts), failed)

    def _is_of_confirm(self, report: Report) -> bool:
        started = self.seen.get(("confirm", "started"))
        return started is not None and report.at >= started.at


class Journal:
    """`latest` is the purchase with the latest activity; None before the first."""

    def __init__(self, noted: Callable[[], None]) -> None:
        self._noted = noted
        self._purchases: list[Purchase] = []

    @property
    def latest(self) -> Purchase | None:
        return self._purchases[-1] if self._purchases else None

    def note(self, report: Report) -> None:
        purchase = self._purchase_of(report)
        if purchase is None:
            return
        purchase.add(report)
        # A session that is only retrieved may be an old one, checked by reconciliation.
        if report.call != "retrieve_session":
            self._purchases.remove(purchase)
            self._purchases.append(purchase)
        self._noted()

    def _purchase_of(self, report: Report) -> Purchase | None:
        """Return a report's purchase, None if its start was not observed. A checkout request for an
        existing session, such as a retry, belongs to that session's purchase.
        """
        known = self._find(lambda one: report.session_id in {one.session_id} - {None})
        begun = self._find(lambda one: report.id in one.calls)
        if known and begun and known is not begun:
            known.seen |= begun.seen
            known.calls |= begun.calls
            self._purchases.remove(begun)
        if known or begun:
            return known or begun
        if report.call == "create_session":
            return self._find(_waits_for_stripe) or self._new()
        return self._new() if report.call == "create" else None

    def _find(self, wanted: Callable[[Purchase], bool]) -> Purchase | None:
        return next((one for one in reversed(self._purchases) if wanted(one)), None)

    def _new(self) -> Purchase:
        purchase = Purchase()
        self._purchases.append(purchase)
        del self._purchases[:-KEPT]
        return purchase


def _waits_for_stripe(purchase: Purchase) -> bool:
    return not purchase.seen.keys() & {("create_session", "started"), ("create", "ended")}


def steps(purchase: Purchase | None, webhook: Outcome | None) -> list[Taken]:
    """Return all twelve steps in the order of events; `webhook` is the last attempt's outcome."""
    outcomes = {stage.number: _outcome(purchase, webhook, stage.number) for stage in FLOW}
    # After a failure there is no defined next step.
    stuck = purchase is None or any(one is not None and one.failed for one in outcomes.values())
    waited_for = None if stuck else next((n for n, one in outcomes.items() if one is None), None)
    return [
        Taken(
            stage,
            _state(outcomes[stage.number], stage.number == waited_for),
            outcomes[stage.number],
        )
        for stage in FLOW
    ]


def _state(outcome: Outcome | None, waited_for: bool) -> State:  # noqa: FBT001
    if outcome is not None:
        return "failed" if outcome.failed else "done"
    return "next" if waited_for else "waiting"


def _outcome(purchase: Purchase | None, webhook: Outcome | None, number: int) -> Outcome | None:
    if purchase is None:
        return None
    return webhook if number == WEBHOOK_STEP else purchase.outcome(number)
