"""The API request in progress. Outside one, as when time alone passes, there is none."""

from contextvars import ContextVar
from dataclasses import dataclass

from stripe_simulator.api.permissions import RestrictedKey


@dataclass(frozen=True)
class Call:
    """`restricted` is the caller's key, None if it is a secret one."""

    request_id: str
    idempotency_key: str | None
    base_url: str
    restricted: RestrictedKey | None = None


current_call: ContextVar[Call | None] = ContextVar("current_call", default=None)


def base_url() -> str:
    """Where the caller found the simulator, without a slash at the end."""
    call = current_call.get()
    if call is None:
        raise LookupError("only an API request has a base URL")
    return call.base_url
