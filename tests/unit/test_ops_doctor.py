"""`ops/checkout doctor`: what is wrong at Stripe or the API is named, and how results are shown.

What can be broken in a local stack is broken in tests/integration/operations/test_doctor.py.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from botocore.exceptions import EndpointConnectionError

from ops import operation
from ops.destinations import API_VERSION
from ops.doctor import Check, Examination, Failed
from ops.environment import Environment, LocalAddresses
from ops.errors import OpsError
from ops.secret import StripeSecret
from tests.support.examining import examination, only
from tests.support.fake_stripe import FakeStripe
from tests.support.operating import call, in_aws

ORIGIN = "https://shop.example"


@pytest.fixture
def dev(boto3_session: None) -> Environment:
    return in_aws()


def with_secret(made: Examination, key: str | None, *signing_secrets: str) -> Examination:
    vars(made)["secret"] = StripeSecret(key, signing_secrets)
    return made


@pytest.mark.parametrize(("mode", "ok"), [("live", False), ("test", True)])
def test_a_secret_key_is_too_much_in_live_mode(dev: Environment, mode: str, *, ok: bool) -> None:
    made = examination(dev, parameters={"StripeMode": mode})
    result = only(with_secret(made, f"sk_{mode}_51AbC"), "no other Stripe permissions")
    assert result.ok is ok
    assert "secret key, which has all permissions" in result.detail
    assert "51AbC" not in repr(result)
    assert ok or "rotate api-key" in str(result.fix)


@pytest.mark.parametrize(
    ("status", "detail", "fix"),
    [
        (401, "Stripe does not accept the API key.", "rotate api-key"),
        (403, "lacks the permission plan_read", "Developers, API keys"),
        (500, "Stripe failed (APIError, 500", "https://status.stripe.com"),
    ],
)
def test_a_refusal_by_stripe_is_reported_with_a_fix(
    dev: Environment, fake_stripe: FakeStripe, status: int, detail: str, fix: str
) -> None:
    for _ in range(3):
        message = "The key rk_test_******1234 lacks the ('plan_read') permissions."
        fake_stripe.respond_with_error(status, message=message)
    result = only(with_secret(examination(dev), "rk_test_51AbC"), "Stripe key")
    assert detail in result.detail
    assert fix in str(result.fix)
    assert "1234" not in result.detail


@pytest.mark.parametrize("check", ["Stripe key", "Stripe permissions", "sellable prices", "ping"])
def test_a_stack_that_was_never_connected_is_reported(dev: Environment, check: str) -> None:
    result = only(with_secret(examination(dev), None), check)
    assert (result.ok, result.fix) == (False, "Run `connect`.")


def test_without_signing_secrets_nothing_is_probed(dev: Environment) -> None:
    result = only(with_secret(examination(dev), "rk_test_1"), "signing secrets")
    assert result.detail == "The stack's secret has no signing secret."


class Api(BaseHTTPRequestHandler):
    """An HTTP API that lets in the origins that `allowed` names for one."""

    allowed: Callable[[str], str | None]

    def do_OPTIONS(self) -> None:
        found = type(self).allowed(self.headers["Origin"])
        self.send_response(204)
        if found is not None:
            self.send_header("Access-Control-Allow-Origin", found)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (its name there)
        """Nothing."""


@contextmanager
def api(allowed: Callable[[str], str | None]) -> Iterator[str]:
    handler = type("Handler", (Api,), {"allowed": staticmethod(allowed)})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    ("allowed", "detail"),
    [
        (lambda origin: origin if origin == ORIGIN else None, ORIGIN),
        (lambda _: "*", "The API allows browsers from any origin."),
        (lambda origin: origin, "The API allows browsers from any origin."),
        (lambda _: None, f"The API does not allow browsers from {ORIGIN}."),
        (lambda _: ORIGIN, ORIGIN),
    ],
    ids=["right", "star", "echo", "none", "always ours"],
)
def test_an_api_is_asked_whom_it_lets_in(
    dev: Environment, allowed: Callable[[str], str | None], detail: str
) -> None:
    with api(allowed) as url:
        made = examination(with_addresses(dev, url))
        assert only(made, "allowed origins").detail == detail


def with_addresses(environment: Environment, api_url: str) -> Environment:
    local = LocalAddresses(Path("none"), api_url, "http://127.0.0.1:9", api_url, "sk_test_1")
    return Environment("dev", environment.stack_name, environment.aws, local)


@pytest.mark.enable_socket
def test_an_api_that_does_not_respond_is_reported(dev: Environment) -> None:
    made = examination(with_addresses(dev, "http://127.0.0.1:9"))
    assert "The API can't be reached: ConnectError." in only(made, "allowed origins").detail


def test_results_are_printed_without_what_controls_a_terminal(
    dev: Environment, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: Examination) -> str:
        raise Failed("It says [red]\x1b[31mred.", "Do [bold]this[/bold].")

    def unreachable(_: Examination) -> str:
        raise EndpointConnectionError(endpoint_url="https://sts.example")

    def unusable(_: Examination) -> str:
        raise OpsError("It is of an older version.")

    checks = (
        Check("well", lambda _: f"as [it] should be, {API_VERSION}"),
        Check("refused", refused),
        Check("unreachable", unreachable),
        Check("unusable", unusable, essential=True),
        Check("never", unusable),
    )
    monkeypatch.setattr("ops.commands.doctor.CHECKS", checks)
    monkeypatch.setattr(operation, "environment", lambda _name, **_: dev)
    called = call(capsys, "--env", "dev", "doctor")
    assert called.exit_code == 1
    assert called.printed.splitlines() == [
        f"ok     well: as [it] should be, {API_VERSION}",
        "FAILED refused: It says [red]\\x1b[31mred.",
        "       Do [bold]this[/bold].",
        'FAILED unreachable: AWS: Could not connect to the endpoint URL: "https://sts.example"',
        "       Check your AWS credentials and their permissions (docs/deploy.md).",
        "FAILED unusable: It is of an older version.",
        "       Then run this again.",
        "3 of 4 checks failed.",
    ]
    called = call(capsys, "--env", "dev", "doctor", "--json")
    assert [one["ok"] for one in json.loads(called.printed)] == [True, False, False, False]
    monkeypatch.setattr("ops.commands.doctor.CHECKS", checks[:1])
    called = call(capsys, "--env", "dev", "doctor")
    assert (called.exit_code, called.printed.splitlines()[-1]) == (0, "All is well.")
