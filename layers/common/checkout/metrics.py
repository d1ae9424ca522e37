"""CloudWatch metrics, written to the log in the embedded metric format: no extra call.

Names are fixed and the only dimension is the stack's name, so the number of metrics is bounded. A
container serves one invocation at a time, which emits its counts at the end.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format.html
"""

import functools
from collections import Counter, defaultdict
from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

type Handler = Callable[[dict[str, Any], "LambdaContext"], dict[str, Any]]


class Metric(StrEnum):
    CHECKOUTS_CREATED = "CheckoutsCreated"
    ORDERS_PROCESSING = "OrdersProcessing"
    ORDERS_PAID = "OrdersPaid"
    ORDERS_FAILED = "OrdersFailed"
    ORDERS_AUTHORIZED = "OrdersAuthorized"
    ORDERS_CANCELED = "OrdersCanceled"
    ORDERS_EXPIRED = "OrdersExpired"
    REFUNDS = "Refunds"
    REFUNDS_FAILED = "RefundsFailed"
    DISPUTES_OPENED = "DisputesOpened"

    WEBHOOKS_APPLIED = "WebhooksApplied"
    WEBHOOKS_DUPLICATE = "WebhooksDuplicate"
    WEBHOOKS_STALE = "WebhooksStale"
    WEBHOOKS_IGNORED = "WebhooksIgnored"
    WEBHOOKS_FAILED = "WebhooksFailed"
    SIGNATURES_REFUSED = "SignaturesRefused"

    # Responses with status 500.
    INTERNAL_ERRORS = "InternalErrors"

    # Per call, including the SDK's retry.
    STRIPE_CALLS_SUCCEEDED = "StripeCallsSucceeded"
    STRIPE_CALLS_REFUSED = "StripeCallsRefused"
    STRIPE_CALLS_RATE_LIMITED = "StripeCallsRateLimited"
    STRIPE_CALLS_FAILED = "StripeCallsFailed"
    STRIPE_CALL_TIME = "StripeCallTime"

    ORDERS_WITHOUT_WEBHOOK = "OrdersWithoutWebhook"
    ORDERS_REPAIRED = "OrdersRepaired"
    RECONCILIATION_FAILED = "ReconciliationFailed"
    RECONCILIATION_FINISHED = "ReconciliationFinished"
    OLDEST_PENDING_ORDER_AGE = "OldestPendingOrderAge"
    OLDEST_AUTHORIZED_ORDER_AGE = "OldestAuthorizedOrderAge"


UNITS = {
    Metric.STRIPE_CALL_TIME: MetricUnit.Milliseconds,
    Metric.OLDEST_PENDING_ORDER_AGE: MetricUnit.Seconds,
    Metric.OLDEST_AUTHORIZED_ORDER_AGE: MetricUnit.Seconds,
}

_counted: Counter[Metric] = Counter()
_observed: defaultdict[Metric, list[float]] = defaultdict(list)


def count(metric: Metric, number: int = 1) -> None:
    """Add to this invocation's count; 0 emits the metric with the value 0."""
    _counted[metric] += number


def observe(metric: Metric, value: float) -> None:
    """Record one value of a metric that is not a count, in its unit (UNITS)."""
    _observed[metric].append(value)


def emits_metrics(handler: Handler) -> Handler:
    """Write an invocation's metrics to the log, also if it raises."""

    @functools.wraps(handler)
    def measured(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
        _counted.clear()
        _observed.clear()
        try:
            return handler(event, context)
        finally:
            _emit()

    return measured


def _emit() -> None:
    observed: list[tuple[Metric, float]] = [*_counted.items()]
    observed += ((metric, value) for metric, values in _observed.items() for value in values)
    if not observed:
        return
    metrics = Metrics(namespace="Checkout")
    for metric, value in observed:
        metrics.add_metric(metric.value, UNITS.get(metric, MetricUnit.Count), value)
    metrics.flush_metrics()
