"""The figures of a run: minima, and their ratios to the bare and the naive function.

Disturbances only make a measurement longer, so the minimum is the most repeatable.
https://docs.python.org/3/library/timeit.html#timeit.Timer.repeat
"""

from dataclasses import asdict, dataclass
from typing import Any

from rich.table import Table

from benchmarks.cost import Cost, Function, of_a_million
from benchmarks.measuring import Requests, Sample
from benchmarks.variants import Variant

BARE = "bare"
# The naive variant for each of our functions.
NAIVE = {"webhook": "naive webhook", "create": "naive create", "confirm": "naive create"}


@dataclass(frozen=True)
class Measured:
    variant: Variant
    samples: list[Sample]
    requests: Requests
    modules: int

    @property
    def start(self) -> float:
        return min(one.start.wall for one in self.samples)

    @property
    def start_cpu(self) -> float:
        return min(one.start.cpu for one in self.samples)

    @property
    def ready(self) -> float:
        """Start plus first call."""
        return min(one.start.wall + one.first.wall for one in self.samples)

    @property
    def ready_cpu(self) -> float:
        return min(one.start.cpu + one.first.cpu for one in self.samples)

    @property
    def warm_cpu(self) -> float:
        return min(one.warm.cpu for one in self.samples)

    @property
    def peak_megabytes(self) -> float:
        return max(one.peak_megabytes for one in self.samples)


@dataclass(frozen=True)
class Row:
    """Ratios; `start` and `start_cpu` to bare, the others to the naive function of its kind.

    `ready` is the speed-up of a start with its first call, `warm_cpu` the share of the naive
    function's CPU time that a warm call takes.
    """

    name: str
    start: float
    start_cpu: float
    ready: float | None
    ready_cpu: float | None
    warm_cpu: float | None
    peak_megabytes: float
    modules: int
    megabytes_unzipped: float
    requests: dict[str, dict[str, int]]


def rows(measured: dict[str, Measured]) -> list[Row]:
    return [_row(name, measured) for name in measured]


def _row(name: str, measured: dict[str, Measured]) -> Row:
    one, bare = measured[name], measured[BARE]
    naive = measured[NAIVE[name]] if name in NAIVE else None
    return Row(
        name=name,
        start=one.start / bare.start,
        start_cpu=one.start_cpu / bare.start_cpu,
        ready=naive.ready / one.ready if naive else None,
        ready_cpu=naive.ready_cpu / one.ready_cpu if naive else None,
        warm_cpu=one.warm_cpu / naive.warm_cpu if naive else None,
        peak_megabytes=one.peak_megabytes,
        modules=one.modules,
        megabytes_unzipped=one.variant.bytes_unzipped / 1e6,
        requests={phase: dict(counted) for phase, counted in vars(one.requests).items()},
    )


def cost(measured: dict[str, Measured]) -> Cost:
    return of_a_million(
        {
            name: Function(one.start_cpu, one.warm_cpu, one.requests)
            for name, one in measured.items()
        }
    )


def tables(rows_: list[Row], cost_: Cost | None) -> list[Table]:
    return [_functions(rows_), *([_costs(cost_)] if cost_ else [])]


def _functions(rows_: list[Row]) -> Table:
    functions = Table(title="Ratios: bare = 1; faster than and CPU of the naive function")
    for column in (
        *("", "start", "(CPU)", "start + first: faster", "(CPU)", "warm CPU"),
        *("peak MB", "modules", "unzipped MB", "requests of a warm call"),
    ):
        functions.add_column(column, justify="left" if column in {"", "requests"} else "right")
    for row in rows_:
        functions.add_row(
            row.name,
            *(_ratio(one) for one in (row.start, row.start_cpu, row.ready, row.ready_cpu)),
            _ratio(row.warm_cpu, digits=2),
            f"{row.peak_megabytes:.0f}",
            str(row.modules),
            f"{row.megabytes_unzipped:.1f}",
            ", ".join(f"{times} {name}" for name, times in row.requests["warm"].items()),
        )
    return functions


def _costs(cost_: Cost) -> Table:
    costs = Table(title="A million checkouts, US dollars (inputs: benchmarks/cost.py)")
    for name in (*asdict(cost_), "total"):
        costs.add_column(name, justify="right")
    costs.add_row(*(f"{amount:.2f}" for amount in (*asdict(cost_).values(), cost_.total)))
    return costs


def document(rows_: list[Row], cost_: Cost | None, rounds: int) -> dict[str, Any]:
    """Return what `--json` prints."""
    return {
        "rounds": rounds,
        "functions": [asdict(row) for row in rows_],
        "usd_per_million_checkouts": asdict(cost_) | {"total": cost_.total} if cost_ else None,
    }


def _ratio(value: float | None, digits: int = 1) -> str:
    return "" if value is None else f"{value:.{digits}f}"
