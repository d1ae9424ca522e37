"""A fake Stripe: an HTTP client for the SDK with canned responses."""

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

import stripe

from tests.support.documents import Json

# Body, status and headers, as the SDK expects them.
type Response = tuple[str, int, Mapping[str, str]]


@dataclass(frozen=True)
class StripeRequest:
    """`params` are form or query parameters by Stripe's names: `line_items[0][price]`."""

    method: str
    path: str
    params: dict[str, str]
    headers: Mapping[str, str]

    @property
    def api_key(self) -> str:
        return self.headers["Authorization"].removeprefix("Bearer ")

    @property
    def idempotency_key(self) -> str | None:
        return self.headers.get("Idempotency-Key")


class FakeStripe(stripe.HTTPClient):
    """Returns the next response for each request; `requests` has the SDK's requests."""

    name = "fake"

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[StripeRequest] = []
        self._responses: deque[Response | stripe.APIConnectionError] = deque()

    @property
    def calls(self) -> list[tuple[str, str]]:
        return [(request.method, request.path) for request in self.requests]

    def respond(self, document: Json, status: int = 200, **headers: str) -> None:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        self._responses.append((json.dumps(document), status, names))

    def respond_with_error(
        self, status: int, headers: dict[str, str] | None = None, **error: str
    ) -> None:
        self.respond({"error": error}, status, **{"request_id": "req_test"} | (headers or {}))

    def forget_responses(self) -> None:
        self._responses.clear()

    def break_connection(self) -> None:
        self._responses.append(_no_route())

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: str | None = None,
        **_: object,
    ) -> Response:
        address = urlsplit(url)
        params = dict(parse_qsl(post_data or address.query, keep_blank_values=True))
        sent = StripeRequest(method, address.path, params, dict(headers or {}))
        self.requests.append(sent)
        return self.response_to(sent)

    def response_to(self, sent: StripeRequest) -> Response:  # noqa: ARG002  (for subclasses)
        """Return the next response, or raise it."""
        response = self._responses.popleft()
        if isinstance(response, stripe.APIConnectionError):
            raise response
        return response


def _no_route() -> stripe.APIConnectionError:
    return stripe.APIConnectionError("no route to host", should_retry=True)  # type: ignore[no-untyped-call]
