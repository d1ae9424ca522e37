"""Stripe API keys: where an operator's comes from, and whether one is right for a stack.

https://docs.stripe.com/keys
"""

import os
import re
import sys
from collections.abc import Mapping
from getpass import getpass

import stripe

from ops.environment import Environment
from ops.errors import OpsError, UsageError

SETUP_KEY = "STRIPE_API_KEY"
SERVICE_KEY = "STRIPE_SERVICE_API_KEY"
KEY = re.compile(r"(?P<kind>sk|rk)_(?P<mode>test|live)_[\x21-\x7e]+")
# Beyond the service's own, so that what Stripe does not answer is said while somebody waits.
TIMEOUT_SECONDS = 20


def client(environment: Environment, api_key: str) -> stripe.StripeClient:
    return stripe.StripeClient(
        api_key,
        base_addresses={"api": environment.stripe_url or stripe.DEFAULT_API_BASE},
        http_client=stripe.RequestsClient(timeout=TIMEOUT_SECONDS),
        max_network_retries=2,
    )


def given_key(
    variable: str, question: str, variables: Mapping[str, str] = os.environ
) -> str | None:
    """Take a key from the environment, or from a hidden prompt; None without either.

    Never from an argument: other users of the machine see those, and shells store them.
    """
    key = variables.get(variable, "").strip()
    if not key and sys.stdin.isatty():
        # It writes the question once nothing that is typed is shown any more.
        key = getpass(f"{question}: ")
    return key.strip() or None


def setup_key_if_given(environment: Environment) -> str | None:
    """Give the key that may read and write webhooks, without asking for it."""
    key = os.environ.get(SETUP_KEY, "").strip()
    if not key and environment.local:
        return environment.local.stripe_api_key
    return key or None


def setup_key(environment: Environment, *, livemode: bool) -> str:
    """Give the key that may write webhooks; raise UsageError where there is none."""
    key = setup_key_if_given(environment) or given_key(
        SETUP_KEY, "Stripe API key that may write webhook endpoints"
    )
    if key is None:
        raise UsageError(f"Set {SETUP_KEY} to a Stripe API key that may write webhook endpoints.")
    require_usable(key, livemode=livemode)
    return key


def require_usable(key: str, *, livemode: bool) -> None:
    """Raise OpsError, without the key, for one that is malformed or of the other mode."""
    wanted = "live" if livemode else "test"
    match = KEY.fullmatch(key)
    if match is None:
        raise OpsError(
            f"That is no Stripe API key: it must start with sk_{wanted}_ or rk_{wanted}_."
        )
    if match["mode"] != wanted:
        raise OpsError(
            f"The key is of Stripe's {match['mode']} mode, and the stack's StripeMode is {wanted}."
        )


def is_restricted(key: str) -> bool:
    match = KEY.fullmatch(key)
    return match is not None and match["kind"] == "rk"
