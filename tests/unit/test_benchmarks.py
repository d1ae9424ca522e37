"""The report of `make bench`: ratios of minima, and the cost of counted requests."""

from collections import Counter
from pathlib import Path

import pytest

from benchmarks import backends, cost, report, samples
from benchmarks.container import Call
from benchmarks.cost import Function
from benchmarks.measuring import Requests, Sample
from benchmarks.variants import Variant

NONE = Requests(Counter(), Counter(), Counter())


def measured(
    name: str, *starts: float, first: float = 1.0, warm: float = 1.0, folder: Path = Path()
) -> report.Measured:
    """Return a function whose wall and CPU times are the same."""
    taken = [
        Sample(Call(start, start), Call(first, first), Call(warm, warm), peak_megabytes=start)
        for start in starts
    ]
    variant = Variant(name, folder, None, dict, lambda _: True)
    return report.Measured(variant, taken, NONE, modules=1)


def test_ratios_compare_the_least_disturbed_rounds(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_bytes(b" " * 2_000_000)
    found = {
        "bare": measured("bare", 3.0, 2.0, folder=tmp_path),
        "naive webhook": measured("naive webhook", 40.0, 39.0, warm=4.0, folder=tmp_path),
        "webhook": measured("webhook", 9.0, 70.0, warm=1.0, folder=tmp_path),
    }
    row = report.rows(found)[2]
    assert (row.start, row.start_cpu) == (4.5, 4.5)
    assert (row.ready, row.ready_cpu) == (4.0, 4.0)
    assert row.warm_cpu == 0.25
    assert row.peak_megabytes == 70.0
    assert row.megabytes_unzipped == 2.0


def test_a_function_without_a_naive_one_has_no_ratio_to_it(tmp_path: Path) -> None:
    found = {name: measured(name, 2.0, folder=tmp_path) for name in ("bare", "publish")}
    row = report.rows(found)[1]
    assert (row.start, row.ready, row.ready_cpu, row.warm_cpu) == (1.0, None, None, None)


def test_the_cost_follows_the_counted_requests() -> None:
    warm = {
        "create": {"Stripe": 1, "UpdateItem": 1},
        "confirm": {"Stripe": 1, "UpdateItem": 1},
        "webhook": {"UpdateItem": 1},
        "publish": {"Publish": 1},
    }
    functions = {
        name: Function(0.0, 0.0, Requests(Counter(), Counter(), Counter(counted)))
        for name, counted in warm.items()
    }
    found = cost.of_a_million(functions)
    waiting = 2 * cost.STRIPE_SECONDS + 4 * cost.AWS_SECONDS
    assert found.compute == pytest.approx(1e6 * waiting * cost.GB_SECOND)
    assert (found.starts, found.api, found.sns) == (0.0, 2.0, 0.5)
    assert found.dynamodb == pytest.approx(3 * cost.UNITS_PER_WRITE * 0.625)
    assert found.invocations == pytest.approx(4 * 0.20)
    assert found.total == pytest.approx(sum(vars(found).values()))


def test_a_start_is_billed_for_the_share_that_is_cold() -> None:
    functions = {name: Function(cost.VCPUS, 0.0, NONE) for name in cost.INVOCATIONS}
    found = cost.of_a_million(functions)
    assert found.starts == pytest.approx(1e6 * 4 * cost.COLD_SHARE * cost.GB_SECOND)
    assert found.compute == 0.0


def test_the_warm_up_write_is_refused_as_dynamodb_refuses_it() -> None:
    request = {"Key": {"order_id": {"S": samples.NO_SUCH_ORDER}}}
    status, document = backends.aws("UpdateItem", request)
    assert (status, document) == (400, backends.REFUSED_WRITE)
    assert backends.aws("UpdateItem", {"Key": {"order_id": {"S": "ord_1"}}}) == (200, {})
