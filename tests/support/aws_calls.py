"""What a boto3 client sends, seen and disturbed at botocore's own `before-send` event.

https://boto3.amazonaws.com/v1/documentation/api/latest/guide/events.html
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders

if TYPE_CHECKING:
    from botocore.client import BaseClient


@dataclass
class AwsCalls:
    """`made` names the operations in the order of their requests, retries included.

    A `failure` that raises stops a request before it is sent. One that responds takes the place of
    moto's response, after moto did what was asked: the response was lost, not the write.
    """

    made: list[str] = field(default_factory=list)
    failure: Callable[[AWSPreparedRequest], AWSResponse] | None = None
    _watched: list["BaseClient"] = field(default_factory=list)

    def watch(self, client: "BaseClient") -> None:
        client.meta.events.register_first(_event(client), self._handler)
        self._watched.append(client)

    def unwatch(self) -> None:
        for client in self._watched:
            client.meta.events.unregister(_event(client), self._handler)
        self._watched.clear()

    def count(self, operation: str) -> int:
        return self.made.count(operation)

    @property
    def _handler(self) -> "Callable[..., None]":
        # Its stub forgets that a handler of this event may respond in place of the service.
        return cast("Callable[..., None]", self._before_send)

    def _before_send(
        self, request: AWSPreparedRequest, event_name: str, **_: object
    ) -> AWSResponse | None:
        self.made.append(event_name.rpartition(".")[2])
        return self.failure(request) if self.failure else None


def _event(client: "BaseClient") -> str:
    return f"before-send.{client.meta.service_model.service_name}.*"


@dataclass(frozen=True)
class _Body:
    content: bytes

    def stream(self) -> list[bytes]:
        return [self.content]


def refuses(code: str, status: int = 400) -> Callable[[AWSPreparedRequest], AWSResponse]:
    """Respond to every request with an error of the JSON protocol."""
    body = json.dumps({"__type": code, "message": "from the test"}).encode()

    def response(request: AWSPreparedRequest) -> AWSResponse:
        return AWSResponse(request.url, status, HTTPHeaders(), _Body(body))

    return response


def breaks(error: Exception) -> Callable[[AWSPreparedRequest], AWSResponse]:
    """Let every connection fail."""

    def response(request: AWSPreparedRequest) -> AWSResponse:
        raise error

    return response
