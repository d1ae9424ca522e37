"""How the simulator misbehaves: what `/_simulator/behaviour` reads and changes."""

from fnmatch import fnmatchcase
from http import HTTPStatus
from typing import Annotated, Literal

from pydantic import BaseModel, Field, field_validator

from stripe_simulator.documents import Json

MAX_DUPLICATES = 100
MAX_DELAY_SECONDS = 3600.0

type Seconds = Annotated[float, Field(ge=0.0, le=MAX_DELAY_SECONDS)]


class Fault(BaseModel, extra="forbid", strict=True):
    """The next `times` requests that match fail, or get their response late.

    `path` is the whole path of a request, without its query; a `*` in it matches any characters,
    slashes too. With a status of 200 the request is carried out and only its response is late;
    with any other it is not carried out. `message`, `code` and `param` are those of Stripe's
    error document.
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
        """As a caller may have written it: what a fault leaves out is absent."""
        return self.model_dump(exclude_none=True)

    def take_fault(self, method: str, path: str) -> Fault | None:
        """The first fault that matches, used up by one."""
        for fault in self.faults:
            if fault.matches(method, path):
                fault.times -= 1
                if fault.times == 0:
                    self.faults.remove(fault)
                return fault
        return None
