"""`connect` and `rotate`: what an operator sees of them, with Stripe a simulator."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.destinations import EVENT_TYPES
from ops.secret import StripeSecret
from stripe_simulator.testing import RESTRICTED_KEY, SECRET_KEY
from tests.support.operated import PERMISSIONS, Operated, operated
from tests.support.operating import Called, call

pytestmark = pytest.mark.enable_socket

QUICKLY = ("--wait", "20", "--drain", "0")
CONNECT = ("--env", "local", "connect", *QUICKLY)
ROTATE_SECRET = ("--env", "local", "rotate", "webhook-secret", *QUICKLY)
ROTATE_KEY = ("--env", "local", "rotate", "api-key")
SERVICE = "STRIPE_SERVICE_API_KEY"


@pytest.fixture
def shop(aws: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Operated]:
    with operated(tmp_path, monkeypatch) as one:
        yield one


def assert_nothing_secret_is_in(called: Called, shop: Operated) -> None:
    stored = shop.secret.read()
    shown = called.printed + called.progress
    assert not any(one in shown for one in (SECRET_KEY, RESTRICTED_KEY, *stored.signing_secrets))
    assert "Traceback" not in shown


def test_connect_prints_its_steps_and_connects(
    shop: Operated, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SERVICE, RESTRICTED_KEY)
    called = call(capsys, *CONNECT)
    assert called.exit_code == 0, called.progress
    made = shop.destination
    assert called.printed == f"Connected: Stripe's {made.id} delivers to {shop.receiver.url}\n"
    assert f"Waiting for Stripe's ping from {made.id} (up to 20 s)" in called.progress.splitlines()
    assert "Warning" not in called.progress
    assert (made.enabled, made.events) == (True, EVENT_TYPES)
    stored = shop.secret.read()
    assert stored.api_key == RESTRICTED_KEY
    assert (shop.noted_secret,) == stored.signing_secrets
    assert_nothing_secret_is_in(called, shop)


def test_connect_prints_json_alone_for_programs(
    shop: Operated, capsys: pytest.CaptureFixture[str]
) -> None:
    called = call(capsys, *CONNECT, "--json")
    assert called.exit_code == 0, called.progress
    printed = json.loads(called.printed)
    assert printed == {"destination": shop.destination.id, "url": shop.receiver.url}
    assert "Warning: the service gets a secret key" in called.progress
    assert_nothing_secret_is_in(called, shop)


def test_connect_again_keeps_the_key_that_works(
    shop: Operated, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SERVICE, RESTRICTED_KEY)
    call(capsys, *CONNECT)
    monkeypatch.delenv(SERVICE)
    made, stored = shop.destination, shop.secret.read()
    assert call(capsys, *CONNECT).exit_code == 0
    assert (shop.destination, shop.secret.read()) == (made, stored)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("rk_test_" + "9" * 24, "Stripe does not accept the API key."),
        (
            "rk_live_" + "9" * 24,
            "The key belongs to Stripe's live mode, and the stack's StripeMode",
        ),
        ("pk_test_" + "9" * 24, "it must start with sk_test_ or rk_test_."),
    ],
)
def test_a_key_that_cannot_be_the_services_changes_nothing(
    shop: Operated,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    key: str,
    expected: str,
) -> None:
    monkeypatch.setenv(SERVICE, key)
    called = call(capsys, *CONNECT)
    assert called.exit_code == 1
    assert expected in called.progress
    assert "9999" not in called.progress
    assert shop.destinations.registered() == []
    assert shop.secret.read() == StripeSecret()


def test_each_permission_that_a_key_lacks_is_named(
    shop: Operated, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.granting(*PERMISSIONS[2:])
    monkeypatch.setenv(SERVICE, RESTRICTED_KEY)
    called = call(capsys, *CONNECT)
    assert called.exit_code == 1
    assert "Checkout Sessions: Write, PaymentIntents: Read." in called.progress
    assert shop.secret.read() == StripeSecret()


def test_stripe_that_cannot_be_reached_is_reported(
    shop: Operated, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRIPE_API_KEY", "sk_test_" + "9" * 24)
    called = call(capsys, *CONNECT)
    assert called.exit_code == 1
    assert "Stripe does not accept" in called.progress
    assert "9999" not in called.progress


WRONG_KEYS = [
    ("sk_live_" + "9" * 24, "the stack's StripeMode is test"),
    ("rk_test_" + "9" * 24, "Stripe does not accept the API key."),
    ("hunter29999", "must start with sk_test_ or rk_test_"),
]


@pytest.mark.parametrize(
    "command", [CONNECT, ROTATE_SECRET, ROTATE_KEY], ids=["connect", "secret", "key"]
)
def test_a_setup_key_that_is_wrong_is_named_and_not_printed(
    shop: Operated,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
) -> None:
    call(capsys, *CONNECT)
    before = shop.destination, shop.secret.read()
    for key, reason in WRONG_KEYS:
        monkeypatch.setenv("STRIPE_API_KEY", key)
        called = call(capsys, *command, "--yes")
        assert called.exit_code == 1
        assert reason in called.progress
        assert key not in called.progress + called.printed
        assert len(called.progress.splitlines()) <= 2
        assert (shop.destination, shop.secret.read()) == before


@pytest.mark.parametrize("stored", ["sk_live_" + "0" * 20, "rk_test_" + "0" * 20])
def test_a_stored_key_that_does_not_work_is_replaced(
    shop: Operated, capsys: pytest.CaptureFixture[str], stored: str
) -> None:
    call(capsys, *CONNECT)
    made = shop.destination
    shop.secret.store_api_key(stored)
    called = call(capsys, *CONNECT)
    assert called.exit_code == 0, called.progress
    assert (shop.secret.read().api_key, shop.destination) == (SECRET_KEY, made)
    assert stored not in called.progress


def test_a_stack_that_is_not_connected_has_nothing_to_roll(
    shop: Operated, capsys: pytest.CaptureFixture[str]
) -> None:
    called = call(capsys, *ROTATE_SECRET, "--yes")
    expected = "Error: The stack is not connected yet: run `connect`.\n"
    assert (called.exit_code, called.progress) == (1, expected)


def test_a_signing_secret_is_rolled_after_a_yes(
    shop: Operated, capsys: pytest.CaptureFixture[str]
) -> None:
    call(capsys, *CONNECT)
    made, stored = shop.destination, shop.secret.read()
    called = call(capsys, *ROTATE_SECRET)
    assert called.exit_code == 2
    assert f"Replace the signing secret of {shop.receiver.url}? Nothing was" in called.progress
    assert (shop.destination, shop.secret.read()) == (made, stored)
    called = call(capsys, *ROTATE_SECRET, "--yes")
    assert called.exit_code == 0, called.progress
    assert shop.destination.id != made.id
    assert shop.secret.read().signing_secrets != stored.signing_secrets
    assert_nothing_secret_is_in(called, shop)


def test_a_key_is_replaced_after_a_yes(
    shop: Operated, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    call(capsys, *CONNECT)
    stored = shop.secret.read()
    monkeypatch.setenv("STRIPE_API_KEY", RESTRICTED_KEY)
    called = call(capsys, *ROTATE_KEY)
    assert (called.exit_code, shop.secret.read()) == (2, stored)
    assert "Replace the Stripe key of checkout-test? Nothing was done" in called.progress
    called = call(capsys, *ROTATE_KEY, "--yes", "--json")
    assert called.exit_code == 0, called.progress
    assert json.loads(called.printed) == {"stack": "checkout-test", "api_key": "replaced"}
    assert "Expire the old key in Stripe's Dashboard" in called.progress
    assert shop.secret.read() == StripeSecret(RESTRICTED_KEY, stored.signing_secrets)
    assert_nothing_secret_is_in(called, shop)


def test_without_a_new_key_nothing_is_replaced(
    shop: Operated, capsys: pytest.CaptureFixture[str]
) -> None:
    call(capsys, *CONNECT)
    called = call(capsys, *ROTATE_KEY, "--yes")
    expected = "Error: Set STRIPE_SERVICE_API_KEY to the new Stripe API key.\n"
    assert (called.exit_code, called.progress) == (2, expected)


def test_a_lacking_key_is_not_replaced_by_the_setup_key(
    shop: Operated, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SERVICE, RESTRICTED_KEY)
    call(capsys, *CONNECT)
    monkeypatch.delenv(SERVICE)
    shop.granting(*PERMISSIONS[:-1])
    called = call(capsys, *CONNECT, "--yes")
    assert called.exit_code == 1
    assert "lacks permissions" in called.progress
    assert shop.secret.read().api_key == RESTRICTED_KEY


def test_a_key_is_not_stored_in_a_stack_that_is_not_connected(
    shop: Operated, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SERVICE, RESTRICTED_KEY)
    called = call(capsys, *ROTATE_KEY, "--yes")
    assert (called.exit_code, shop.secret.read()) == (1, StripeSecret())
    assert "not connected yet: run `connect`" in called.progress


def test_a_signing_secret_that_was_rolled_meanwhile_is_kept(shop: Operated) -> None:
    """Another operator rolls it between a question and the reply."""
    shop.secret.write(StripeSecret(SECRET_KEY, ("whsec_rolled",)))
    shop.secret.store_api_key(RESTRICTED_KEY)
    assert shop.secret.read() == StripeSecret(RESTRICTED_KEY, ("whsec_rolled",))


def test_a_file_of_the_local_stack_that_broke_meanwhile_is_reported(
    shop: Operated, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.stack_file.write_text("{}")
    called = call(capsys, *CONNECT)
    assert called.exit_code == 1
    assert "is not complete (" in called.progress
    assert shop.destination.enabled
