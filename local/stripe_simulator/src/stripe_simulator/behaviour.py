"""Simulated misbehaviour, which `/_simulator/behaviour` reads and changes."""

from fnmatch import fnmatchcase
from http import HTTPStatus
from typing import Annotated, Literal

from pydantic import BaseModel, Field, field_validator

from stripe_simulator.documents import Json

MAX_DUPLICATES = 100
MAX_DELAY_SECONDS = 3600.0

type Seconds = Annotated[float, Field(ge=0.0, le=MAX_DELAY_SECONDS)]


class Fault(BaseModel, extra="forbid", strict=True):
    """The next `times` matching requests fail or get a late response.

    `path` is a request's path without its query; `*` in it matches any characters, including
    slashes. With status 200 the request is processed and its response is late; with any other it is
    not processed. `message`, `code` and `param` are fields of Stripe's error document.
    """

    method: Literal["GET", "POST", "DELETE", "*"] = "*"
    path: Annotated[str, Field(pattern=r"^/v[12]/[^?\[\]]*$")]
    status: int = 500
    times: Annotated[int, Field(ge=1)] = 1
    delay_seconds: Seconds = 0.0
    message: str | None = None
    code: str | None = None
    param: str | None = None

    @field_validator("status")
    @classmethod
    def _ok_or_error(cls, status: int) -> int:
        if status != HTTPStatus.OK and not 400 <= status <= 599:  # noqa: PLR2004  (HTTP's errors)
            raise ValueError("must be 200, or an error from 400 to 599")
        return status

    def matches(self, method: str, path: str) -> bool:
        return self.method in {"*", method} and fnmatchcase(path, self.path)


class Behaviour(BaseModel, extra="forbid", strict=True):
    """Durations are in seconds; `duplicates` are the copies sent after the first."""

    deliveries_paused: bool = False
    duplicates: Annotated[int, Field(ge=0, le=MAX_DUPLICATES)] = 0
    shuffle: bool = False
    drop_probability: Annotated[float, Field(ge=0.0, le=1.0)] = 0.0
    delay_seconds: Seconds = 0.0
    thin_events: bool = False
    faults: list[Fault] = []

    def document(self) -> Json:
        """Return the settings as a document; unset fields of a fault are absent."""
        return self.model_dump(exclude_none=True)

    def take_fault(self, method: str, path: str) -> Fault | None:
        """Return the first matching fault, and count one use of it."""
        for fault in self.faults:
            if fault.matches(method, path):
                fault.times -= 1
                if fault.times == 0:
                    self.faults.remove(fault)
                return fault
        return None
