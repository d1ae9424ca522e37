"""Measures in rounds: in each, every variant is started, called once, and then called warm."""

import json
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import samples
from benchmarks.container import LOG, Call, started
from benchmarks.variants import Variant
from local.paths import ROOT

WARM_CALLS = 40
# The first calls after a start fill caches and don't count as warm.
SETTLING_CALLS = 5


@dataclass(frozen=True)
class Sample:
    """`warm` is the mean of a container's warm calls."""

    start: Call
    first: Call
    warm: Call
    peak_megabytes: float


@dataclass(frozen=True)
class Requests:
    """The requests to DynamoDB, Secrets Manager, SNS and Stripe, by operation."""

    start: Counter[str]
    first: Counter[str]
    warm: Counter[str]


@contextmanager
def backends() -> Iterator[str]:
    """Yield the address of the canned AWS and Stripe."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.backends"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None  # noqa: S101  (a pipe was asked for)
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()


def environment(address: str) -> dict[str, str]:
    """Return the environment that Lambda and template.yaml set, with the backends' addresses."""
    stack = samples.session()["metadata"]["checkout_stack"]
    return {
        "ALLOWED_ORIGINS": "https://shop.example",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://{address}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
        "AWS_REGION": "us-east-1",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "CHECKOUT_STACK": stack,
        "DEAD_LETTERED_EVENTS_TABLE": "dead-lettered",
        "DEFAULT_CANCEL_URL": "https://shop.example/cart",
        "DEFAULT_SUCCESS_URL": "https://shop.example/thanks",
        "ENVIRONMENT": "local",
        "ORDERS_TABLE": "orders",
        "ORDER_EVENTS_TOPIC_ARN": "arn:aws:sns:us-east-1:123456789012:order-events",
        "POWERTOOLS_METRICS_NAMESPACE": "Checkout",
        "POWERTOOLS_SERVICE_NAME": "bench",
        "RECONCILIATION_TABLE": "reconciliation",
        "STRIPE_API_BASE": f"http://{address}",
        "STRIPE_MODE": "test",
        "STRIPE_SECRET_ARN": "stripe",
        "TZ": ":UTC",
        "UNPROCESSED_EVENTS_QUEUE_URL": f"http://{address}/unprocessed",
        "UNPUBLISHED_CHANGES_QUEUE_URL": f"http://{address}/unpublished",
    }


@dataclass(frozen=True)
class Bench:
    runtime: Path
    address: str

    def rounds(
        self, variants: list[Variant], number: int, on_round: Callable[[], None]
    ) -> dict[str, list[Sample]]:
        """Interleave the variants, so that other load on the machine affects all of them."""
        samples_of: dict[str, list[Sample]] = {variant.name: [] for variant in variants}
        for _ in range(number):
            for variant in variants:
                samples_of[variant.name].append(self.sample(variant))
            on_round()
        return samples_of

    def sample(self, variant: Variant) -> Sample:
        with LOG.open("wb") as log, started(variant, self.runtime, self._environment, log) as one:
            first = one.invoke()
            for _ in range(SETTLING_CALLS):
                one.invoke()
            warm = [one.invoke() for _ in range(WARM_CALLS)]
            mean = Call(
                sum(call.wall for call in warm) / WARM_CALLS,
                sum(call.cpu for call in warm) / WARM_CALLS,
            )
            return Sample(one.start, first, mean, one.peak_megabytes)

    def requests(self, variant: Variant) -> Requests:
        self._counted()
        with LOG.open("wb") as log, started(variant, self.runtime, self._environment, log) as one:
            start = self._counted()
            one.invoke()
            first = self._counted()
            one.invoke()
            return Requests(start, first, self._counted())

    def modules(self, variant: Variant) -> int:
        """Count the modules imported up to the first response, including the runtime's.

        https://docs.python.org/3/using/cmdline.html#envvar-PYTHONPROFILEIMPORTTIME
        """
        profiled = {**self._environment, "PYTHONPROFILEIMPORTTIME": "1"}
        with LOG.open("wb") as log, started(variant, self.runtime, profiled, log) as one:
            one.invoke()
        return LOG.read_text().count("import time:")

    @property
    def _environment(self) -> Mapping[str, str]:
        return environment(self.address)

    def _counted(self) -> Counter[str]:
        with urllib.request.urlopen(f"http://{self.address}/_requests") as response:
            return Counter(json.load(response))
