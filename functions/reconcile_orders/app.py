"""On a schedule, and by hand with `{"minimum_age_seconds": 0}`"""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

from checkout import wiring
from checkout.errors import InvalidRequest
from checkout.log import logger
from checkout.reconciliation import Report

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

# Stripe's own retries of a webhook, and a customer who is still at the page, come first.
MINIMUM_AGE_SECONDS = 15 * 60

metrics = Metrics(namespace="Checkout")


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Give the report of a run; raise InvalidRequest for a malformed `minimum_age_seconds`."""
    minimum_age_seconds = _minimum_age_seconds(event)
    # What is measured if the run raises.
    report = Report(failed=1, finished=False)
    try:
        report = wiring.reconciliation().run(
            minimum_age_seconds=minimum_age_seconds,
            seconds_left=lambda: context.get_remaining_time_in_millis() / 1000,
        )
    finally:
        _measure(report)
    return asdict(report)


def _minimum_age_seconds(event: dict[str, Any]) -> int:
    age = event.get("minimum_age_seconds", MINIMUM_AGE_SECONDS)
    if not isinstance(age, int) or isinstance(age, bool) or age < 0:
        raise InvalidRequest("minimum_age_seconds must be an integer of at least 0.")
    return age


def _measure(report: Report) -> None:
    metrics.add_metric("OrdersRepaired", MetricUnit.Count, report.repaired)
    metrics.add_metric("ReconciliationFailed", MetricUnit.Count, report.failed)
    metrics.add_metric("ReconciliationFinished", MetricUnit.Count, int(report.finished))
    metrics.add_metric("OldestPendingOrderAge", MetricUnit.Seconds, report.oldest_pending_age)
    metrics.flush_metrics()
