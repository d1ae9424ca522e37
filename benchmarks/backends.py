"""DynamoDB, Secrets Manager, SNS and Stripe as canned responses without delay.

python -m benchmarks.backends prints its address. It is a separate process, so that its CPU time is
not counted with the runner's. `GET /_requests` returns the requests since the last call, as
`{"UpdateItem": 2}`.
"""

import json
import sys
from collections import Counter
from http import HTTPStatus
from typing import Any, ClassVar

from benchmarks.samples import NO_SUCH_ORDER, SIGNING_SECRET, order_image, price, session
from benchmarks.server import Connection, Server

type Json = dict[str, Any]
type Response = tuple[HTTPStatus, Json]

SECRET = {"stripe_api_key": "sk_test_bench", "webhook_signing_secrets": [SIGNING_SECRET]}
EMPTY_LIST: Json = {"object": "list", "data": [], "has_more": False, "url": "/v1"}
# Each container's warm-up writes to an order that does not exist.
REFUSED_WRITE: Json = {
    "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
    "message": "The conditional request failed",
}
SNS_PUBLISHED = (
    b'<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult>'
    b"<MessageId>1</MessageId></PublishResult></PublishResponse>"
)


def aws(operation: str, request: Json) -> Response:
    match operation:
        case "GetSecretValue":
            return HTTPStatus.OK, {"Name": "stripe", "SecretString": json.dumps(SECRET)}
        case "UpdateItem" if request["Key"] == {"order_id": {"S": NO_SUCH_ORDER}}:
            return HTTPStatus.BAD_REQUEST, REFUSED_WRITE
        case "Query":
            return HTTPStatus.OK, {"Items": [], "Count": 0, "ScannedCount": 0}
    if request.get("ReturnValues") == "ALL_NEW":
        return HTTPStatus.OK, {"Attributes": order_image()}
    return HTTPStatus.OK, {}


def stripe(method: str, path: str) -> Json:
    match method, path.partition("?")[0]:
        case "POST", "/v1/checkout/sessions":
            return session(line_items=True)
        case "GET", "/v1/checkout/sessions" | "/v1/refunds" | "/v1/disputes":
            return EMPTY_LIST
        case "GET", "/v1/prices":
            return EMPTY_LIST | {"data": [price(f"price_{n}") for n in range(10)]}
        case _:
            return session(paid=True)


class Backend(Connection):
    requests: ClassVar[Counter[str]] = Counter()

    def do_GET(self) -> None:  # noqa: N802  (http.server's name)
        if self.path == "/_requests":
            counted = json.dumps(self.requests).encode()
            self.requests.clear()
            self.respond(HTTPStatus.OK, counted)
            return
        self._stripe("GET")

    def do_POST(self) -> None:  # noqa: N802
        target = self.headers.get("x-amz-target")
        if target is None and self.path.startswith("/v1/"):
            self._stripe("POST")
            return
        body = self.body()
        if target is None:
            self.requests["Publish"] += 1
            self.respond(HTTPStatus.OK, SNS_PUBLISHED, content_type="text/xml")
            return
        operation = target.rpartition(".")[2]
        self.requests[operation] += 1
        status, document = aws(operation, json.loads(body))
        self.respond(
            status, json.dumps(document).encode(), content_type="application/x-amz-json-1.1"
        )

    def _stripe(self, method: str) -> None:
        self.body()
        self.requests["Stripe"] += 1
        self.respond(
            HTTPStatus.OK,
            json.dumps(stripe(method, self.path)).encode(),
            content_type="application/json",
            request_id="req_bench",
        )


def main() -> None:
    server = Server(Backend)
    print(server.address, flush=True)
    server.start()
    # Returns when the runner ends, which holds the other end of the pipe.
    sys.stdin.read()


if __name__ == "__main__":
    main()
