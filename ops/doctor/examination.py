"""Runs all checks of a stack, one after the other, even after failures."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import stripe
from botocore.exceptions import BotoCoreError, ClientError

from ops import stripe_keys
from ops.destinations import Destination, Destinations
from ops.environment import LOCAL, Environment
from ops.errors import OpsError, explained
from ops.secret import StripeSecret
from ops.stack import Stack
from ops.webhook import Webhook

READ_DESTINATIONS = (
    f"Set {stripe_keys.SETUP_KEY} to a Stripe API key that may read webhook endpoints, for this "
    "command alone."
)


class Failed(Exception):
    """A check failed, with the finding and its fix."""

    def __init__(self, detail: str, fix: str) -> None:
        super().__init__(detail)
        self.detail = detail
        self.fix = fix


@dataclass(frozen=True)
class Result:
    """`fix` is None if there is nothing to do."""

    check: str
    ok: bool
    detail: str
    fix: str | None = None


@dataclass(frozen=True)
class Examination:
    """Shared input of the checks.

    `setup_key` is the operator's: it may read event destinations, and objects that the service's
    key may not. If None, the service's key is used. A ping from Stripe may take `patience_seconds`
    until it is logged.
    """

    environment: Environment
    setup_key: str | None = field(repr=False)
    patience_seconds: float

    @cached_property
    def stack(self) -> Stack:
        return Stack.read(self.environment)

    @cached_property
    def webhook(self) -> Webhook:
        return Webhook(self.stack, self.patience_seconds)

    @cached_property
    def secret(self) -> StripeSecret:
        return self.stack.secret().read()

    @cached_property
    def service(self) -> stripe.StripeClient:
        """A Stripe client with the service's key."""
        return stripe_keys.client(self.environment, self.service_key)

    @cached_property
    def operator(self) -> stripe.StripeClient | None:
        """A Stripe client with the operator's key; None without one."""
        if self.setup_key is None:
            return None
        stripe_keys.require_usable(self.setup_key, livemode=self.stack.livemode)
        return stripe_keys.client(self.environment, self.setup_key)

    @cached_property
    def destinations(self) -> Destinations:
        client = self.operator
        if client is None:
            stripe_keys.require_usable(self.service_key, livemode=self.stack.livemode)
            client = self.service
        return Destinations(client, self.stack.webhook_url)

    @cached_property
    def enabled_destinations(self) -> list[Destination]:
        try:
            return [one for one in self.destinations.registered() if one.enabled]
        except (stripe.AuthenticationError, stripe.PermissionError) as error:
            raise Failed(explained(error), READ_DESTINATIONS) from None

    @property
    def by_event_bus(self) -> str:
        """The result of webhook checks if events come from EventBridge."""
        return f"not needed: events come from the event bus {self.stack.event_bus}"

    @property
    def deploy(self) -> str:
        if self.environment.name == LOCAL:
            return "Restart `make dev`."
        return f"Run `make deploy ENV={self.environment.name}`."

    @property
    def service_key(self) -> str:
        """Return the stored key; raise Failed if there is none."""
        if self.secret.api_key is None:
            raise Failed("The stack's secret has no stripe_api_key.", "Run `connect`.")
        return self.secret.api_key


@dataclass(frozen=True)
class Check:
    """`run` returns its finding or raises Failed; after a failed `essential` one no other runs."""

    name: str
    run: Callable[[Examination], str]
    essential: bool = False


def examine(examination: Examination, checks: Iterable[Check]) -> Iterator[Result]:
    for check in checks:
        result = _result(examination, check)
        yield result
        if check.essential and not result.ok:
            return


def _result(examination: Examination, check: Check) -> Result:
    try:
        detail = check.run(examination)
    except Failed as failed:
        return Result(check.name, ok=False, detail=failed.detail, fix=failed.fix)
    except OpsError as error:
        return Result(check.name, ok=False, detail=str(error), fix="Then run this again.")
    except (ClientError, BotoCoreError, stripe.StripeError) as error:
        return Result(check.name, ok=False, detail=explained(error), fix=_fix(error))
    return Result(check.name, ok=True, detail=detail)


def _fix(error: Exception) -> str:
    match error:
        case stripe.AuthenticationError():
            return "Store a key that Stripe accepts with `rotate api-key`."
        case stripe.PermissionError():
            return "Add it in Stripe's Dashboard, Developers, API keys."
        case ClientError() if "NonExistent" in error.response["Error"]["Code"] or error.response[
            "Error"
        ]["Code"].endswith("NotFoundException"):
            return "It does not exist: deploy the stack again."
        case stripe.StripeError():
            return "See https://status.stripe.com, and run this again."
        case _:
            return "Check your AWS credentials and their permissions (docs/deploy.md)."
