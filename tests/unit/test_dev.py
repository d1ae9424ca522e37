"""What `make dev` says before it starts, and which Stripe it uses."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local.cloud import stack
from local.cloud.stack import local_stack
from local.commands.dev import chosen_account
from local.machine.console import Console
from local.machine.processes import LocalCloudError
from local.shop import stripe_account
from local.shop.stripe_account import StripeAccount, real_account

KEY = {"STRIPE_API_KEY": "sk_test_1"}
SECRET = {"STRIPE_WEBHOOK_SECRET": "whsec_1"}


def test_stripes_own_account_is_announced(capsys: pytest.CaptureFixture[str]) -> None:
    account = chosen_account(Console(), KEY | SECRET)
    assert account is not None
    assert account.webhook_secret == "whsec_1"
    assert capsys.readouterr().out == "STRIPE_API_KEY is set: using Stripe itself\n"


def test_a_missing_signing_secret_gets_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    assert chosen_account(Console(), KEY) is not None
    [_, warning] = capsys.readouterr().out.splitlines()
    assert warning.startswith("Warning: STRIPE_WEBHOOK_SECRET is not set")


def test_the_simulator_needs_no_announcement(capsys: pytest.CaptureFixture[str]) -> None:
    assert chosen_account(Console(), {}) is None
    assert not capsys.readouterr().out


@pytest.mark.parametrize(
    ("account", "title"),
    [
        (real_account(KEY), "Starting a local AWS ..."),
        (None, "Starting a local AWS and a Stripe simulator ..."),
    ],
)
def test_the_simulator_is_named_only_if_it_is_started(
    account: StripeAccount | None,
    title: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    @contextmanager
    def failing(*_: object) -> Iterator[None]:
        raise LocalCloudError("no local AWS here")
        yield

    monkeypatch.setattr(stack, "RUNS", tmp_path)
    monkeypatch.setattr(stack, "ministack", failing)
    monkeypatch.setattr(stripe_account, "simulated_account", failing)
    with (
        pytest.raises(LocalCloudError, match="no local AWS here"),
        local_stack(Console(), connect=account),
    ):
        pass
    assert capsys.readouterr().out.splitlines()[0] == title
