"""What the functions logged, as the tests and the demo read it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from local.cloud.function_logs import function_logs
from tests.support.documents import Json

if TYPE_CHECKING:
    from local.cloud.aws import LocalAws


@dataclass(frozen=True)
class Logs:
    """CloudWatch Logs, with lines by their timestamp in each group."""

    groups: dict[str, list[tuple[int, str]]]

    @property
    def logs(self) -> "Logs":
        return self

    def get_paginator(self, operation: str) -> "Pages":
        return Pages(operation, self.groups)


@dataclass(frozen=True)
class Pages:
    operation: str
    groups: dict[str, list[tuple[int, str]]]

    def paginate(self, logGroupName: str = "", **_: str) -> Iterator[Json]:  # noqa: N803
        if self.operation == "describe_log_groups":
            yield {"logGroups": [{"logGroupName": name} for name in self.groups]}
            return
        for time, line in self.groups[logGroupName]:
            yield {"events": [{"timestamp": time, "message": f"{line}\n"}]}


def test_lines_of_one_millisecond_keep_their_order() -> None:
    groups = {
        "create": [(1, "START"), (1, "created"), (1, "END"), (5, "START")],
        "webhook": [(2, "START"), (2, "applied"), (2, "END")],
    }
    assert function_logs(cast("LocalAws", Logs(groups))) == [
        *("START", "created", "END"),
        *("START", "applied", "END"),
        "START",
    ]
