"""The API request in progress; there is none when scheduled changes happen."""

from contextvars import ContextVar
from dataclasses import dataclass

from stripe_simulator.api.permissions import RestrictedKey


@dataclass(frozen=True)
class Call:
    """`restricted` is the caller's restricted key, None for a secret key."""

    request_id: str
    idempotency_key: str | None
    base_url: str
    restricted: RestrictedKey | None = None


current_call: ContextVar[Call | None] = ContextVar("current_call", default=None)


def base_url() -> str:
    """Return the simulator's URL as the caller used it, without a trailing slash."""
    call = current_call.get()
    if call is None:
        raise LookupError("only an API request has a base URL")
    return call.base_url
