"""Stripe API keys: where an operator's comes from, which are refused, and that none is shown."""

from pathlib import Path

import pytest
import stripe

from ops.errors import OpsError, UsageError
from ops.stripe_keys import (
    SETUP_KEY,
    asked_key,
    client,
    is_restricted,
    require_usable,
    setup_key,
    setup_key_if_given,
)
from tests.support.operating import Terminal, at, in_aws, terminal

KEY = "sk_test_51AbCdEfGhIj"
# Prints what became of a key, and not the key.
ASKING = f"""
from ops.stripe_keys import asked_key, given_key, require_usable
from ops.errors import OpsError

key = given_key("A_KEY") or asked_key("Type the key")
print("is the key" if key == "{KEY}" else "is nothing" if key is None else "is another")
try:
    require_usable(key or "", livemode=False)
except OpsError as error:
    print(error)
print("END")
"""


def shown(operator: Terminal) -> str:
    operator.wait_for("END")
    assert operator.ended() == 0
    return operator.screen


def test_a_key_is_taken_from_the_variable_without_a_question() -> None:
    with terminal(ASKING, A_KEY=f"  {KEY}\n") as operator:
        screen = shown(operator)
    assert "is the key" in screen
    assert "Type the key: " not in screen
    assert KEY not in screen


@pytest.mark.parametrize("typed", [KEY, f" {KEY} "])
def test_a_key_that_is_typed_is_not_shown(typed: str) -> None:
    with terminal(ASKING) as operator:
        operator.wait_for("Type the key: ")
        operator.type(f"{typed}\n")
        screen = shown(operator)
    assert "is the key" in screen
    assert KEY not in screen
    assert "51AbCd" not in screen


def test_a_variable_of_spaces_is_no_key() -> None:
    with terminal(ASKING, A_KEY="   ") as operator:
        operator.wait_for("Type the key: ")
        operator.type("\n")
        assert "is nothing" in shown(operator)


def test_a_wrong_key_that_is_typed_is_not_shown_either() -> None:
    with terminal(ASKING) as operator:
        operator.wait_for("Type the key: ")
        operator.type("whsec_51AbCdEf\n")
        screen = shown(operator)
    assert "it must start with sk_test_ or rk_test_" in screen
    assert "51AbCdEf" not in screen


def test_without_a_terminal_there_is_no_prompt(capsys: pytest.CaptureFixture[str]) -> None:
    assert asked_key("Type the key") is None
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("kind", ["sk", "rk"])
@pytest.mark.parametrize("livemode", [True, False])
def test_keys_of_the_stacks_mode_are_accepted(kind: str, *, livemode: bool) -> None:
    key = f"{kind}_{'live' if livemode else 'test'}_51AbC"
    require_usable(key, livemode=livemode)
    assert is_restricted(key) is (kind == "rk")
    other = "test" if livemode else "live"
    with pytest.raises(OpsError, match=f"The key belongs to Stripe's {other} mode") as refused:
        require_usable(f"{kind}_{other}_51AbC", livemode=livemode)
    assert "51AbC" not in str(refused.value)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "sk_test_",
        "pk_test_51AbC",
        "whsec_51AbC",
        "SK_TEST_51AbC",
        "51AbC",
        "sk_51AbC",
        "sk_test_51 AbC",
        " sk_test_51AbC",
        "sk_test_51AbC\n",
        "sk_test_51AbC\nsk_test_2",
        "sk_test_51Ab\x1bC",
        "sk_test_51AbÇ",
        "'sk_test_51AbC'",
    ],
)
@pytest.mark.parametrize(("livemode", "mode"), [(True, "live"), (False, "test")])
def test_what_is_no_key_is_refused_and_not_quoted(key: str, mode: str, *, livemode: bool) -> None:
    assert not is_restricted(key)
    with pytest.raises(OpsError) as refused:
        require_usable(key, livemode=livemode)
    expected = f"This is not a Stripe API key: it must start with sk_{mode}_ or rk_{mode}_."
    assert str(refused.value) == expected


def test_the_setup_key_comes_from_the_variable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(SETUP_KEY, f"{KEY}\n")
    local = in_aws(local=at(tmp_path, "http://hook.example", "http://stripe.example", "sk_test_2"))
    assert setup_key(local, livemode=False) == KEY
    assert setup_key_if_given(local) == KEY


def test_a_local_stack_knows_the_simulators_key(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(SETUP_KEY, raising=False)
    local = in_aws(local=at(tmp_path, "http://hook.example", "http://stripe.example", "sk_test_2"))
    assert setup_key(local, livemode=False) == "sk_test_2"


def test_without_a_setup_key_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SETUP_KEY, raising=False)
    assert setup_key_if_given(in_aws()) is None
    with pytest.raises(UsageError, match="Set STRIPE_API_KEY to a Stripe API key that may write"):
        setup_key(in_aws(), livemode=False)


def test_a_setup_key_of_the_other_mode_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETUP_KEY, KEY)
    with pytest.raises(OpsError, match="the stack's StripeMode is live"):
        setup_key(in_aws(), livemode=True)


@pytest.mark.parametrize(
    ("local", "url"), [(True, "http://stripe.example"), (False, stripe.DEFAULT_API_BASE)]
)
def test_stripes_address_is_the_environments(tmp_path: Path, url: str, *, local: bool) -> None:
    addresses = at(tmp_path, "http://hook.example", "http://stripe.example")
    made = client(in_aws(local=addresses if local else None), KEY)
    assert made._requestor._options.base_addresses["api"] == url  # noqa: SLF001
    assert KEY not in repr(made)
