"""Reconciliation: on a schedule, by hand with `{"minimum_age_seconds": 0}`, or for selected orders
(checkout/reconciliation/selected.py)
"""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from checkout import wiring
from checkout.errors import InvalidRequest
from checkout.log import logger
from checkout.metrics import Metric, count, emits_metrics, observe
from checkout.reconciliation import Report, selection

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

# Leaves time for Stripe's webhook retries and for customers who are still on the page.
MINIMUM_AGE_SECONDS = 15 * 60

wiring.started()


@logger.inject_lambda_context(clear_state=True)
@emits_metrics
def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Return the report of a run; raise InvalidRequest for a malformed input."""
    selected = selection(event)
    if selected is not None:
        # No metrics: the alarms watch scheduled runs only.
        return asdict(
            wiring.selected_orders().run(selected, seconds_left=lambda: seconds_left(context))
        )
    minimum_age_seconds = _minimum_age_seconds(event)
    # Emitted as metrics if the run raises.
    report = Report(failed=1, finished=False)
    try:
        report = wiring.reconciliation().run(
            minimum_age_seconds=minimum_age_seconds,
            seconds_left=lambda: seconds_left(context),
        )
    finally:
        _measure(report)
    return asdict(report)


def seconds_left(context: "LambdaContext") -> float:
    return context.get_remaining_time_in_millis() / 1000


def _minimum_age_seconds(event: dict[str, Any]) -> int:
    age = event.get("minimum_age_seconds", MINIMUM_AGE_SECONDS)
    if not isinstance(age, int) or isinstance(age, bool) or age < 0:
        raise InvalidRequest("minimum_age_seconds must be an integer of at least 0.")
    return age


def _measure(report: Report) -> None:
    count(Metric.ORDERS_WITHOUT_WEBHOOK, report.without_webhook)
    count(Metric.ORDERS_REPAIRED, report.repaired)
    count(Metric.RECONCILIATION_FAILED, report.failed)
    count(Metric.RECONCILIATION_FINISHED, int(report.finished))
    observe(Metric.OLDEST_PENDING_ORDER_AGE, report.oldest_pending_age)
    observe(Metric.OLDEST_AUTHORIZED_ORDER_AGE, report.oldest_authorized_age)
