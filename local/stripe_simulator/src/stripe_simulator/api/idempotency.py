"""Idempotency keys: one response per key for 24 hours, errors included.

A key is used once the endpoint runs. Validation errors before that are not stored, nor are 429 or
5xx other than 500, which mean that nothing ran.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from stripe_simulator.api.errors import IdempotencyConflict, InvalidRequest

KEPT_SECONDS = 24 * 60 * 60
MAX_KEY = 255


@dataclass(frozen=True)
class StoredResponse:
    status: int
    body: bytes
    request_id: str


@dataclass
class _Use:
    path: str
    fingerprint: str
    at: float
    response: StoredResponse | None = None


class IdempotencyKeys:
    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._uses: dict[str, _Use] = {}

    def begin(self, key: str, path: str, parameters: Mapping[str, object]) -> StoredResponse | None:
        """Return the key's stored response; otherwise mark the key as in progress, return None."""
        self._forget_old()
        if len(key) > MAX_KEY:
            raise InvalidRequest(f"Idempotency keys can have up to {MAX_KEY} characters.")
        fingerprint = hashlib.sha256(json.dumps(parameters, sort_keys=True).encode()).hexdigest()
        use = self._uses.get(key)
        if use is None:
            self._uses[key] = _Use(path, fingerprint, self._clock())
            return None
        self._check(key, use, path, fingerprint)
        return use.response

    def keep(self, key: str, response: StoredResponse) -> None:
        self._uses[key].response = response

    def forget(self, key: str) -> None:
        self._uses.pop(key, None)

    def forget_completed(self) -> int:
        """Forget completed keys now, as after 24 hours; return their number."""
        under_way = {key: use for key, use in self._uses.items() if use.response is None}
        forgotten = len(self._uses) - len(under_way)
        self._uses = under_way
        return forgotten

    def _check(self, key: str, use: _Use, path: str, fingerprint: str) -> None:
        if use.path != path:
            raise IdempotencyConflict(
                "Keys for idempotent requests can only be used for the same endpoint they were "
                f"first used for ('{path}' vs '{use.path}'). Try using a key other than '{key}' "
                "if you meant to execute a different request."
            )
        if use.fingerprint != fingerprint:
            raise IdempotencyConflict(
                "Keys for idempotent requests can only be used with the same parameters they "
                f"were first used with. Try using a key other than '{key}' if you meant to "
                "execute a different request."
            )
        if use.response is None:
            raise IdempotencyConflict(
                "There is currently another in-progress request using this idempotent key (that "
                "probably means you submitted twice, and the other request is still going "
                f"through): {key}. Please try again later.",
                status=409,
                code="idempotency_key_in_use",
            )

    def _forget_old(self) -> None:
        oldest = self._clock() - KEPT_SECONDS
        while self._uses and next(iter(self._uses.values())).at < oldest:
            del self._uses[next(iter(self._uses))]
