"""Files of `stripe fixtures`: requests that are made in sequence.

https://docs.stripe.com/cli/fixtures
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import stripe
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from stripe_simulator.documents import Json

# `${name:field}` of an earlier fixture's response, `|` and a default; `${.env:VARIABLE}`.
QUERY = re.compile(r"\$\{([^|}:]+):([^|}]+)(?:\|([^}]*))?\}")
ENVIRONMENT = ".env"


class FixturesError(Exception):
    """An invalid fixtures file, or a refused request of one."""


class Fixture(BaseModel):
    """One request; unknown fields are ignored, as in the CLI."""

    name: str
    path: str
    method: str = "post"
    params: Json = Field(default_factory=dict)


_FIXTURES = TypeAdapter(list[Fixture])


def read(path: Path) -> list[Fixture]:
    """Read a file; raise FixturesError."""
    try:
        return _FIXTURES.validate_python(json.loads(path.read_text(encoding="utf-8"))["fixtures"])
    except OSError as error:
        raise FixturesError(f"{path}: {error.strerror}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise FixturesError(f"{path}: fixtures.{where}: {first['msg']}") from None
    except (ValueError, KeyError, TypeError):
        raise FixturesError(f"{path} is not a JSON object with fixtures") from None


def play(
    client: stripe.StripeClient, fixtures: list[Fixture], environment: Mapping[str, str]
) -> dict[str, Json]:
    """Make the requests; return the responses by fixture name. Raise FixturesError."""
    made: dict[str, Json] = {ENVIRONMENT: dict(environment)}
    for fixture in fixtures:
        try:
            filled = _filled(fixture.params, made)
            path = _filled(fixture.path, made)
        except FixturesError as error:
            raise FixturesError(f"{fixture.name}: {error}") from None
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise FixturesError(f"{fixture.name}: nothing is known of {error}") from None
        try:
            response = client.raw_request(fixture.method.lower(), path, **filled)
        except stripe.StripeError as error:
            raise FixturesError(f"{fixture.name}: {error.user_message or error}") from None
        made[fixture.name] = json.loads(response.body)
    del made[ENVIRONMENT]
    return made


def _filled(value: Any, made: Mapping[str, Json]) -> Any:  # noqa: ANN401  (JSON)
    if isinstance(value, dict):
        return {key: _filled(each, made) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, made) for each in value]
    if isinstance(value, str):
        return QUERY.sub(lambda match: _found(match, made), value)
    return value


def _found(match: re.Match[str], made: Mapping[str, Json]) -> str:
    name, path, default = match.groups()
    if name == ENVIRONMENT:
        variable = made[ENVIRONMENT].get(path, default)
        if variable is None:
            raise FixturesError(f"the environment variable {path} is not set")
        return str(variable)
    value: Any = made[name]
    for step in path.split("."):
        value = value[int(step)] if isinstance(value, list) else value[step]
    return str(value)
