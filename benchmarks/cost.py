"""The cost of a million checkouts on AWS, from counted requests and measured CPU time.

A checkout is one create, one confirm, one webhook and one published change (order.paid).
"""

from collections import Counter
from dataclasses import astuple, dataclass

from benchmarks.measuring import Requests

CHECKOUTS = 1_000_000
# Invocations of each function per checkout.
INVOCATIONS = {"create": 1, "confirm": 1, "webhook": 1, "publish": 1}

# US dollars in us-east-1, without the free tier.
# https://aws.amazon.com/lambda/pricing/ (arm64; the init phase is billed since August 2025:
# https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/)
GB_SECOND = 0.0000133334
INVOCATION = 0.20 / 1e6
# https://aws.amazon.com/api-gateway/pricing/ (HTTP APIs; the webhook has a function URL)
HTTP_REQUEST = 1.00 / 1e6
# https://aws.amazon.com/dynamodb/pricing/on-demand/
WRITE_UNIT = 0.625 / 1e6
# https://aws.amazon.com/sns/pricing/, https://aws.amazon.com/secrets-manager/pricing/
PUBLISHED = 0.50 / 1e6
SECRET_READ = 0.05 / 1e4

MEMORY_GB = 1.0  # MemorySize in template.yaml
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html: 1,769 MB is one vCPU.
VCPUS = 1024 / 1769
# Assumptions: these depend on the account and the day.
COLD_SHARE = 0.01
STRIPE_SECONDS = 0.4
AWS_SECONDS = 0.01
# An order has 1 to 2 KB, and a write that is not refused changes one or two index entries.
UNITS_PER_WRITE = 3


@dataclass(frozen=True)
class Function:
    """CPU seconds of a start and of a warm call, on the measured machine."""

    start: float
    warm: float
    requests: Requests


@dataclass(frozen=True)
class Cost:
    """US dollars for a million checkouts."""

    compute: float
    starts: float
    invocations: float
    api: float
    dynamodb: float
    sns: float
    secrets: float

    @property
    def total(self) -> float:
        return float(sum(astuple(self)))


def of_a_million(functions: dict[str, Function]) -> Cost:
    """Return the cost, with the prices and assumptions above."""
    calls: Counter[str] = Counter()
    compute = starts = 0.0
    for name, number in INVOCATIONS.items():
        one = functions[name]
        waiting = seconds_of(one.requests.warm)
        compute += number * (one.warm / VCPUS + waiting)
        starts += number * COLD_SHARE * (one.start / VCPUS + seconds_of(one.requests.start))
        for operation, times in one.requests.warm.items():
            calls[operation] += number * times
    return Cost(
        compute=CHECKOUTS * compute * MEMORY_GB * GB_SECOND,
        starts=CHECKOUTS * starts * MEMORY_GB * GB_SECOND,
        invocations=CHECKOUTS * sum(INVOCATIONS.values()) * INVOCATION,
        api=CHECKOUTS * (INVOCATIONS["create"] + INVOCATIONS["confirm"]) * HTTP_REQUEST,
        dynamodb=CHECKOUTS * calls["UpdateItem"] * UNITS_PER_WRITE * WRITE_UNIT,
        sns=CHECKOUTS * calls["Publish"] * PUBLISHED,
        secrets=CHECKOUTS * sum(INVOCATIONS.values()) * COLD_SHARE * SECRET_READ,
    )


def seconds_of(requests: Counter[str]) -> float:
    return sum(
        times * (STRIPE_SECONDS if operation == "Stripe" else AWS_SECONDS)
        for operation, times in requests.items()
    )
