"""Run a handler under AWS's own runtime, awslambdaric, with the logging that Lambda sets up.

python -m tests.support.lambda_runtime: standard input has {"function": "create_session",
"environment": {...}, "invocations": [[event, status, response]]}, with the response that Stripe
gives to each request meanwhile; printed is what Lambda would log, with the number of the invocation
as its request id.
"""

import json
import os
import sys
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from tests.support.stack import API_KEY, AWS_ENVIRONMENT, ENVIRONMENT, FUNCTIONS, SIGNING_SECRET

if TYPE_CHECKING:
    from tests.support.fake_stripe import FakeStripe

# What Lambda sets for a function with LogFormat: JSON, before the runtime is loaded.
JSON_LOGGING = {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "INFO"}
MOST_REQUESTS = 5


class Invocations:
    """The runtime API: one invocation after another, and the end of the process."""

    def __init__(self, waiting: list[tuple[Any, int, Any]]) -> None:
        from awslambdaric.lambda_runtime_marshaller import (  # type: ignore[import-untyped]  # noqa: PLC0415
            LambdaMarshaller,
        )

        self.marshaller = LambdaMarshaller()
        self._waiting = waiting
        self._begun = 0
        self._stripe: FakeStripe | None = None

    def wait_next_invocation(self) -> SimpleNamespace:
        if not self._waiting:
            raise SystemExit
        event, status, response = self._waiting.pop(0)
        # Only now: the runtime sets its logging up before it imports the handler, and with it us.
        self._stripe = self._stripe or stand_ins()
        self._stripe.forget_responses()
        self._begun += 1
        for _ in range(MOST_REQUESTS):
            self._stripe.respond(response, status, request_id="req_test")
        return SimpleNamespace(
            invoke_id=str(self._begun),
            event_body=json.dumps(event),
            content_type="application/json",
            client_context=None,
            cognito_identity=None,
            invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:checkout",
            deadline_time_in_ms=int(time.time() * 1000) + 29_000,
            tenant_id=None,
            x_amzn_trace_id=None,
            invocation_id=None,
        )

    def post_invocation_result(self, *_: object, **__: object) -> None: ...

    def post_invocation_error(self, *_: object, **__: object) -> None: ...


class Secrets:
    """Secrets Manager, with the one secret."""

    def get_secret_value(self, **_: object) -> dict[str, str]:
        value = {"stripe_api_key": API_KEY, "webhook_signing_secrets": [SIGNING_SECRET]}
        return {"SecretString": json.dumps(value)}


def main() -> None:
    asked = json.load(sys.stdin)
    os.environ.update(AWS_ENVIRONMENT | ENVIRONMENT | JSON_LOGGING | asked["environment"])
    time.tzset()
    # After the environment, as in a container.
    from awslambdaric import bootstrap  # type: ignore[import-untyped]  # noqa: PLC0415

    sys.path.insert(0, str(FUNCTIONS / asked["function"]))
    bootstrap.run("app.lambda_handler", Invocations(asked["invocations"]))


def stand_ins() -> "FakeStripe":
    """Take the place of Secrets Manager and of Stripe, where their clients are made."""
    import stripe  # noqa: PLC0415

    from checkout.aws import clients  # noqa: PLC0415
    from tests.support.fake_stripe import FakeStripe  # noqa: PLC0415

    fake, make = FakeStripe(), clients.client

    def client(service: Any) -> Any:  # noqa: ANN401
        return Secrets() if service == "secretsmanager" else make(service)

    clients.client = client
    stripe.RequestsClient = lambda **_: fake  # type: ignore[assignment, misc]
    stripe.HTTPClient.INITIAL_DELAY = 0
    return fake


if __name__ == "__main__":
    main()
