"""Parameters of endpoints as pydantic models, whose errors become Stripe's errors."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from stripe_simulator.api.errors import InvalidRequest
from stripe_simulator.api.values import NO_CODE, Array, Limit, Text

DEFAULT_LIMIT = 10


class Fields(BaseModel):
    """A mapping of parameters."""

    model_config = ConfigDict(extra="forbid")

    def given(self) -> dict[str, Any]:
        """Return the parameters that the caller sent, without defaults."""
        everything = self.model_dump()
        return {name: everything[name] for name in self.model_fields_set}


class Parameters(Fields):
    """The parameters of one endpoint; every endpoint has `expand`."""

    expand: Array[Text] = Field(default_factory=list)

    @classmethod
    def read(cls, raw: Mapping[str, object]) -> Self:
        try:
            return cls.model_validate(raw)
        except ValidationError as error:
            raise _refused(error.errors()) from None


class ListParameters(Parameters):
    limit: Limit = DEFAULT_LIMIT
    starting_after: Text | None = None
    ending_before: Text | None = None


def _refused(errors: Sequence[ErrorDetails]) -> InvalidRequest:
    unknown = [_name(error["loc"]) for error in errors if error["type"] == "extra_forbidden"]
    if unknown:
        plural = "s" if len(unknown) > 1 else ""
        return InvalidRequest(
            f"Received unknown parameter{plural}: {', '.join(unknown)}",
            param=unknown[0],
            code="parameter_unknown",
        )
    return _refused_value(errors[0])


def _refused_value(error: ErrorDetails) -> InvalidRequest:
    param = _name(error["loc"])
    match error["type"]:
        case "missing":
            return missing(param)
        case "parameter_invalid_empty":
            message = (
                f"You passed an empty string for '{param}'. We assume empty values are an attempt "
                f"to unset a parameter; however '{param}' cannot be unset. You should remove "
                f"'{param}' from your request or supply a non-empty value."
            )
            return InvalidRequest(message, param=param, code="parameter_invalid_empty")
        case "literal_error":
            expected = str(error["ctx"]["expected"]).replace("'", "")
            return InvalidRequest(
                f"Invalid {param}: must be one of {_listed(expected)}", param=param
            )
        case "model_type" | "model_attributes_type" | "dict_type":
            return InvalidRequest("Invalid object", param=param)
        case "string_type":
            return InvalidRequest(f"Invalid string: {error['input']}", param=param)
        case code:
            return InvalidRequest(error["msg"], param=param, code=None if code == NO_CODE else code)


def missing(param: str) -> InvalidRequest:
    return InvalidRequest(
        f"Missing required param: {param}.", param=param, code="parameter_missing"
    )


def _name(location: Sequence[str | int]) -> str:
    """Return Stripe's name: `("line_items", 0, "price")` is `line_items[0][price]`."""
    first, *rest = location
    return f"{first}" + "".join(f"[{part}]" for part in rest)


def _listed(expected: str) -> str:
    """Convert pydantic's `a, b or c` to Stripe's `a, b, or c`."""
    head, _, last = expected.rpartition(" or ")
    return f"{head}, or {last}" if "," in head else expected
