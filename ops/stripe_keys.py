"""Stripe API keys: reads an operator's key, and checks keys for a stack.

https://docs.stripe.com/keys
"""

import os
import re
import sys
from getpass import getpass

import stripe

from checkout.version import NAME, VERSION
from ops.environment import Environment
from ops.errors import OpsError, UsageError

SETUP_KEY = "STRIPE_API_KEY"
SERVICE_KEY = "STRIPE_SERVICE_API_KEY"
KEY = re.compile(r"(?P<kind>sk|rk)_(?P<mode>test|live)_[\x21-\x7e]+")
# Longer than the service's own timeout, since no customer waits.
TIMEOUT_SECONDS = 20


def client(environment: Environment, api_key: str) -> stripe.StripeClient:
    stripe.set_app_info(NAME, version=VERSION)
    return stripe.StripeClient(
        api_key,
        base_addresses={"api": environment.stripe_url or stripe.DEFAULT_API_BASE},
        http_client=stripe.RequestsClient(timeout=TIMEOUT_SECONDS),
        max_network_retries=2,
    )


def given_key(*variables: str) -> str | None:
    """Return the key in the first of these environment variables that is set.

    Never from an argument: other users of the machine can see arguments, and shells store them.
    """
    return next((key for one in variables if (key := os.environ.get(one, "").strip())), None)


def asked_key(question: str) -> str | None:
    """Prompt for a key without echo; None without a terminal or without input."""
    if not sys.stdin.isatty():
        return None
    # It turns echo off before it writes the question.
    return getpass(f"{question}: ").strip() or None


def setup_key_if_given(environment: Environment) -> str | None:
    """Return the key that may read and write webhooks, without a prompt."""
    local = environment.local
    return given_key(SETUP_KEY) or (local.stripe_api_key if local else None)


def setup_key(environment: Environment, *, livemode: bool) -> str:
    """Return the key that may write webhooks; raise UsageError without one."""
    key = setup_key_if_given(environment) or asked_key(
        "Stripe API key that may write webhook endpoints"
    )
    if key is None:
        raise UsageError(f"Set {SETUP_KEY} to a Stripe API key that may write webhook endpoints.")
    require_usable(key, livemode=livemode)
    return key


def require_usable(key: str, *, livemode: bool) -> None:
    """Raise OpsError for a malformed key or one of the other mode; its text omits the key."""
    wanted = "live" if livemode else "test"
    match = KEY.fullmatch(key)
    if match is None:
        raise OpsError(
            f"This is not a Stripe API key: it must start with sk_{wanted}_ or rk_{wanted}_."
        )
    if match["mode"] != wanted:
        raise OpsError(
            f"The key belongs to Stripe's {match['mode']} mode, "
            f"and the stack's StripeMode is {wanted}."
        )


def is_restricted(key: str) -> bool:
    match = KEY.fullmatch(key)
    return match is not None and match["kind"] == "rk"
