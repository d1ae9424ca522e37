"""Parameter types, read as by Stripe from a form's strings or a JSON body's values.

An error has Stripe's code as pydantic's error type, and Stripe's message as its text.
"""

import json
import re
from collections.abc import Sequence
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator
from pydantic_core import PydanticCustomError

from stripe_simulator.api.currency_codes import CURRENCIES

MAX_METADATA_KEYS = 50
MAX_METADATA_KEY = 40
MAX_METADATA_VALUE = 500
MAX_LIMIT = 100

NO_CODE = "no_code"
"""The error type of errors for which Stripe has no code."""


def refusal(message: str, code: str = NO_CODE) -> PydanticCustomError:
    # pydantic takes a template: pass the message as a value, since it may contain braces.
    return PydanticCustomError(code, "{message}", {"message": message})


def _text(value: object) -> object:
    if value == "":
        raise PydanticCustomError("parameter_invalid_empty", "empty")
    if isinstance(value, dict | list):
        raise refusal(f"Invalid string: {json.dumps(value)}")
    return value


def _up_to(longest: int) -> AfterValidator:
    """Limit the length; Stripe's message is from https://github.com/pay-rails/pay/issues/670."""

    def check(value: str) -> str:
        if len(value) > longest:
            shown = f"{value[:10]}...{value[-10:]}"
            raise refusal(f"Invalid string: {shown}; must be at most {longest} characters")
        return value

    return AfterValidator(check)


def one_of(values: Sequence[str]) -> AfterValidator:
    """Accept only these strings, such as those of a list in the SDK's types."""

    def check(value: str) -> str:
        if value not in values:
            expected = " or ".join(", ".join(values).rsplit(", ", 1))
            raise PydanticCustomError("literal_error", "one of a list", {"expected": expected})
        return value

    return AfterValidator(check)


def _text_or_unset(value: object) -> object:
    return None if value == "" else _text(value)


def _integer(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,18}", value):
        return int(value)
    raise refusal(f"Invalid integer: {_shown(value)}", "parameter_invalid_integer")


def _not_negative(value: int) -> int:
    if value < 0:
        raise refusal("Invalid non-negative integer", "parameter_invalid_integer")
    return value


def _positive(value: int) -> int:
    if value < 1:
        raise refusal("This value must be greater than or equal to 1.", "parameter_invalid_integer")
    return value


def _limit(value: int) -> int:
    if value > MAX_LIMIT:
        raise refusal(
            f"This value must be less than or equal to {MAX_LIMIT} (it currently is '{value}').",
            "parameter_invalid_integer",
        )
    return _positive(value)


def _boolean(value: object) -> object:
    known = {"true": True, "false": False, "1": True, "0": False}
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value in known:
        return known[value]
    raise refusal(f"Invalid boolean: {_shown(value)}")


def _array(value: object) -> object:
    """Return a list from `a[]`, or from the mapping of `a[0]`, `a[1]`."""
    if value == "":
        return []
    if isinstance(value, dict) and value and all(re.fullmatch("[0-9]+", key) for key in value):
        return [value[key] for key in sorted(value, key=int)]
    if isinstance(value, list):
        return value
    raise refusal("Invalid array")


def at_most(most: int, name: str) -> AfterValidator:
    def check(value: list[object]) -> list[object]:
        if len(value) > most:
            raise refusal(f"Array {name} exceeded maximum {most} allowed elements.")
        return value

    return AfterValidator(check)


def _metadata_changes(value: object) -> object:
    if value == "":
        return {}
    if not isinstance(value, dict):
        raise refusal("Invalid object")
    if len(value) > MAX_METADATA_KEYS:
        raise refusal(f"You can only have up to {MAX_METADATA_KEYS} metadata keys.")
    for key, text in value.items():
        if not isinstance(text, str):
            raise refusal(f"Metadata values must be strings, but {key} is {_shown(text)}")
        _within("keys", key, MAX_METADATA_KEY)
        _within("values", text, MAX_METADATA_VALUE)
    return value


def _without_empty(value: dict[str, str]) -> dict[str, str]:
    return {key: text for key, text in value.items() if text != ""}


def _within(what: str, text: str, longest: int) -> None:
    if len(text) > longest:
        raise refusal(
            f"Metadata {what} can have up to {longest} characters, but you passed in a value that "
            f"is {len(text)} characters. Invalid value: {text}"
        )


def _url(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#]+\S*", value, re.IGNORECASE):
        raise refusal("Not a valid URL", "url_invalid")
    return value


def is_email(value: str) -> bool:
    return re.fullmatch(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+", value) is not None


def _email(value: str) -> str:
    if not is_email(value):
        raise refusal(f"Invalid email address: {value}", "email_invalid")
    return value


def _currency(value: str) -> str:
    """Check a currency, with the message of https://github.com/lukec/stripe-perl/issues/156."""
    if value.lower() not in CURRENCIES:
        raise refusal(
            f"Invalid currency: {value}. Stripe currently supports these currencies: "
            f"{', '.join(CURRENCIES)}"
        )
    return value.lower()


def _percent(value: object) -> object:
    """Read a percentage of up to four decimals: https://docs.stripe.com/api/tax_rates/create"""
    if not re.fullmatch(r"\d{1,3}(\.\d{0,4})?", str(value)) or not 0 <= float(str(value)) <= 100:  # noqa: PLR2004
        raise refusal(f"Invalid percentage: {_shown(value)}. It must be between 0 and 100.")
    return float(str(value))


def _not_zero(value: float) -> float:
    if value == 0:
        raise refusal("Invalid percent_off: it must be greater than 0.")
    return value


def _period(value: object) -> object:
    """Return a range: `created=5` is that second, `created[gte]=5` has no end."""
    if isinstance(value, dict):
        return value
    return {"gte": value, "lte": value}


def _shown(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


type Text = Annotated[str, BeforeValidator(_text)]
type Text40 = Annotated[Text, _up_to(40)]
type Text50 = Annotated[Text, _up_to(50)]
type Text100 = Annotated[Text, _up_to(100)]
type Text200 = Annotated[Text, _up_to(200)]
type Text255 = Annotated[Text, _up_to(255)]
type Text500 = Annotated[Text, _up_to(500)]
type Text1200 = Annotated[Text, _up_to(1200)]
type TextOrUnset = Annotated[str | None, BeforeValidator(_text_or_unset)]
type Integer = Annotated[int, BeforeValidator(_integer)]
type NonNegative = Annotated[int, BeforeValidator(_integer), AfterValidator(_not_negative)]
type Positive = Annotated[int, BeforeValidator(_integer), AfterValidator(_positive)]
type Limit = Annotated[int, BeforeValidator(_integer), AfterValidator(_limit)]
type Boolean = Annotated[bool, BeforeValidator(_boolean)]
type Array[T] = Annotated[list[T], BeforeValidator(_array)]
type MetadataChanges = Annotated[dict[str, str], BeforeValidator(_metadata_changes)]
"""Metadata in an update: an empty value removes its key."""
type Metadata = Annotated[
    dict[str, str], BeforeValidator(_metadata_changes), AfterValidator(_without_empty)
]
type Url = Annotated[str, BeforeValidator(_text), AfterValidator(_url)]
type Email = Annotated[str, BeforeValidator(_text), AfterValidator(_email)]
type Percent = Annotated[float, BeforeValidator(_percent)]
type PercentOff = Annotated[Percent, AfterValidator(_not_zero)]
type Currency = Annotated[str, BeforeValidator(_text), AfterValidator(_currency)]


class Range(BaseModel, extra="forbid"):
    gt: Integer | None = None
    gte: Integer | None = None
    lt: Integer | None = None
    lte: Integer | None = None

    def __contains__(self, timestamp: int) -> bool:
        return (
            (self.gt is None or timestamp > self.gt)
            and (self.gte is None or timestamp >= self.gte)
            and (self.lt is None or timestamp < self.lt)
            and (self.lte is None or timestamp <= self.lte)
        )


type Period = Annotated[Range, BeforeValidator(_period)]
