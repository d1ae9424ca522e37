"""One run: its time limit, its call rate, its report, and the isolation of failures."""

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from checkout.errors import (
    CheckoutError,
    DependencyFailed,
    StripeKeyRefused,
    StripePermissionMissing,
    StripeRefused,
)
from checkout.log import logger

# Below Stripe's 25 calls a second per endpoint, which are shared with customers' requests:
# https://docs.stripe.com/rate-limits
CALLS_PER_SECOND = 10
# Enough to end cleanly: the calls for one object, each with a retry, and saving the cursor.
SECONDS_TO_STOP = 30.0
# This many failed calls in a row mean an outage, not a bad object.
FAILURES_IN_A_ROW = 5


class OutOfTime(Exception):
    """The run must end now; the next one continues."""


class GaveUp(Exception):
    """Too many calls in a row failed."""


@dataclass(slots=True)
class Report:
    """The report of a run.

    `checked` counts Stripe objects compared with an order, `repaired` orders that changed, `failed`
    objects that could not be fetched, read or written. `finished` is false if the run ran out of
    time or gave up. Ages are in seconds, 0 without such an order: of open or processing orders, and
    of those found authorized. `without_webhook` counts the checkouts completed since the last run
    if none of them was recorded by an event; if one was, it is 0.
    """

    checked: int = 0
    repaired: int = 0
    failed: int = 0
    finished: bool = True
    oldest_pending_age: int = 0
    oldest_authorized_age: int = 0
    without_webhook: int = 0


@dataclass(slots=True)
class Attempt:
    error: Exception | None = None


@dataclass(slots=True)
class Run:
    """`repaired` has one key per order: its PaymentIntent, or its id if it has none.

    `by_event` and `not_by_event` count the checkouts completed since the last run.
    """

    seconds_left: Callable[[], float]
    sleep: Callable[[float], None]
    checked: int = 0
    failed: int = 0
    finished: bool = True
    repaired: set[str] = field(default_factory=set)
    by_event: int = 0
    not_by_event: int = 0
    _failures_in_a_row: int = 0

    def check_time(self) -> None:
        if self.seconds_left() < SECONDS_TO_STOP:
            raise OutOfTime

    def wait_turn(self) -> None:
        """Wait before a call to Stripe."""
        self.check_time()
        self.sleep(1 / CALLS_PER_SECOND)

    def succeeded(self) -> None:
        """Reset the count of failed calls: earlier failures were no outage."""
        self._failures_in_a_row = 0

    @contextmanager
    def ending_early(self) -> Iterator[None]:
        """End the run if its time is up, or if Stripe refuses the key for every call."""
        try:
            yield
        except OutOfTime:
            self.finished = False
        except StripeKeyRefused as error:
            self.finished = False
            self.failed += 1
            log_failure(error)

    @contextmanager
    def isolated(self, *, objects: int = 1, **ids: object) -> Iterator[Attempt]:
        """Isolate a failure to the objects of these ids: count it, log it, and set `error`.

        Raise OutOfTime, StripeKeyRefused, and GaveUp after several failed calls in a row.
        """
        attempt = Attempt()
        self.check_time()
        with logger.append_context_keys(**ids):
            try:
                yield attempt
            except (OutOfTime, GaveUp, StripeKeyRefused):
                raise
            except Exception as error:  # noqa: BLE001  (one bad object must not stop the others)
                attempt.error = error
                self._count_failure(error, objects)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Isolate the outage of one list from the other steps, which may use other endpoints."""
        with logger.append_context_keys(step=name):
            try:
                yield
            except GaveUp:
                self.finished = False
                logger.error("gave up", failures_in_a_row=self._failures_in_a_row)
            except (OutOfTime, StripeKeyRefused):
                raise
            except Exception as error:  # noqa: BLE001  (a mistake of ours stops this step alone)
                self.finished = False
                self.failed += 1
                log_failure(error)

    def _count_failure(self, error: Exception, objects: int) -> None:
        self.failed += objects
        log_failure(error)
        if isinstance(error, StripePermissionMissing):
            return
        if isinstance(error, (DependencyFailed, StripeRefused)):
            self._failures_in_a_row += 1
            if self._failures_in_a_row >= FAILURES_IN_A_ROW:
                raise GaveUp from error


def log_failure(error: Exception) -> None:
    """Log an error; with its text only if it is ours: others may quote a customer's data."""
    name = type(error).__name__
    if isinstance(error, CheckoutError):
        logger.error("not reconciled", error=name, reason=error.detail)
    else:
        stack = traceback.format_tb(error.__traceback__)
        logger.error("not reconciled", error=name, stack="".join(stack))
