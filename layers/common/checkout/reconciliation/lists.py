"""Reads one of Stripe's lists across failures and runs."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from checkout.reconciliation.attempts import GaveUp

if TYPE_CHECKING:
    from checkout.aws.cursor import ListCursor
    from checkout.reconciliation.attempts import Run

type Json = dict[str, Any]
type Fetch = Callable[[int, int], Iterator[list[Json]]]
type Group = list[Json]

# Stripe's lists may lag a little behind its objects.
OVERLAP_SECONDS = 3600
DAY_SECONDS = 24 * 3600


def one_by_one(page: list[Json]) -> list[Group]:
    return [[one] for one in page]


@dataclass(frozen=True, slots=True)
class ListReader:
    """`fetch` returns the pages of objects created between two seconds, newest first."""

    run: "Run"
    cursor: "ListCursor"
    fetch: Fetch

    def read(
        self,
        since: int,
        until: int,
        handle: Callable[[Group], object],
        groups: Callable[[list[Json]], list[Group]] = one_by_one,
    ) -> Exception | None:
        """Process the objects created in a period; return the error of a failed page, else None.

        After an interrupted run the next one continues, then lists what is new. Its position is a
        timestamp and not an id, so a saved position can't be unknown to Stripe.
        """
        cursor = self.cursor
        resumed = cursor.resume_at is not None and cursor.resume_at <= until
        if not resumed:
            cursor.pass_until = until
        pages = self.fetch(since, cursor.resume_at if resumed and cursor.resume_at else until)
        while True:
            page: list[Json] | None = None
            with self.run.isolated() as attempt:
                page = next(pages, None)
                self.run.succeeded()
            if page is None:
                break
            for group in groups(page):
                self._handle(handle, group)
        cursor.resume_at = None
        if attempt.error is None:
            cursor.listed_until = max(cursor.listed_until, cursor.pass_until)
        return attempt.error

    def _handle(self, handle: Callable[[Group], object], group: Group) -> None:
        created = created_of(group)
        if created:
            self.cursor.resume_at = created
        try:
            handle(group)
        except GaveUp:
            # The next run must not start with the page that fails.
            if created:
                self.cursor.resume_at = created - 1
            raise


def created_of(group: list[Any]) -> int:
    """Return the latest `created` of some objects, 0 if none has it."""
    times = [one.get("created") for one in group if isinstance(one, Mapping)]
    return max((time for time in times if isinstance(time, int)), default=0)


def id_of(stripe_object: object, field: str = "id") -> str | None:
    """Return an id from a field of a possibly malformed object, expanded or not."""
    value = stripe_object.get(field) if isinstance(stripe_object, Mapping) else None
    if isinstance(value, Mapping):
        value = value.get("id")
    return value if isinstance(value, str) else None
