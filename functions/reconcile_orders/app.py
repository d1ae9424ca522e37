"""On a schedule, and by hand with `{"minimum_age_seconds": 0}`"""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

from checkout import wiring
from checkout.log import logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

# Stripe's own retries of a webhook, and a customer who is still at the page, come first.
MINIMUM_AGE_SECONDS = 15 * 60

metrics = Metrics(namespace="Checkout")


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    report = wiring.reconciliation().run(
        minimum_age_seconds=int(event.get("minimum_age_seconds", MINIMUM_AGE_SECONDS)),
        seconds_left=lambda: context.get_remaining_time_in_millis() / 1000,
    )
    metrics.add_metric("OrdersMended", MetricUnit.Count, report.mended)
    logger.info("reconciled", **asdict(report))
    return asdict(report)
