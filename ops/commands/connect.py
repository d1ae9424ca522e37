"""`connect` and `rotate`: the stack's keys and its event destination at Stripe."""

import time
from typing import TYPE_CHECKING, Annotated

import typer

from ops import stripe_keys
from ops.connection import DRAIN_SECONDS, LEARN_SECONDS, Connection
from ops.destinations import Destination, Destinations
from ops.errors import OpsError, UsageError
from ops.key_permissions import key_problem
from ops.secret import StripeSecret
from ops.stripe_keys import SERVICE_KEY, given_key
from ops.webhook import Webhook

if TYPE_CHECKING:
    from ops.operation import Operation

WAIT_SECONDS = 90.0

Wait = Annotated[
    float,
    typer.Option(
        "--wait", min=0, metavar="SECONDS", help="How long a delivery may take to be logged."
    ),
]
Drain = Annotated[
    float,
    typer.Option(
        "--drain",
        min=0,
        metavar="SECONDS",
        help="How long to wait for deliveries of the old destination, and at most 10 s of it for "
        "the functions to learn a new secret.",
    ),
]

rotate = typer.Typer(no_args_is_help=True, help="Roll a secret, without a refused delivery.")


def connect(ctx: typer.Context, wait: Wait = WAIT_SECONDS, drain: Drain = DRAIN_SECONDS) -> None:
    """Register the stack's webhook with Stripe, and store the key and the signing secret.

    Safe to repeat: it keeps what works and repairs what differs, and at the end the stack's URL has
    one enabled event destination with exactly the handled types of events.

    The key that may write webhook endpoints comes from STRIPE_API_KEY or a hidden prompt. The
    restricted key for the service comes from STRIPE_SERVICE_API_KEY, from the stack's secret where
    it is already, or from a prompt; without any, the service uses the first key.

    Example: ops/checkout --env dev connect
    """
    operation: Operation = ctx.obj
    setup_key = _setup_key(operation)
    service_key = _service_key(operation, setup_key)
    _connected(operation, _connection(operation, setup_key, wait, drain).connect(service_key))


@rotate.command("webhook-secret")
def rotate_webhook_secret(
    ctx: typer.Context, wait: Wait = WAIT_SECONDS, drain: Drain = DRAIN_SECONDS
) -> None:
    """Replace the webhook's signing secret: a second destination takes over from the first.

    The key that may write webhook endpoints comes from STRIPE_API_KEY or a hidden prompt. If this
    is interrupted, run it again. All signing secrets but the new one are dropped.

    Example: ops/checkout --env dev rotate webhook-secret
    """
    operation: Operation = ctx.obj
    service_key = operation.stack.secret().read().api_key
    if service_key is None:
        raise OpsError("The stack is not connected yet: run `connect`.")
    setup_key = _setup_key(operation)
    operation.output.confirm(f"Replace the signing secret of {operation.stack.webhook_url}?")
    _connected(operation, _connection(operation, setup_key, wait, drain).replace(service_key))


@rotate.command("api-key")
def rotate_api_key(ctx: typer.Context) -> None:
    """Store a new Stripe key for the service, after checking what it may do.

    The new key comes from STRIPE_API_KEY or a hidden prompt. The functions use it within 5 minutes,
    or at once where Stripe refuses the old one: expire that in Stripe's Dashboard afterwards.

    Example: ops/checkout --env dev rotate api-key
    """
    operation: Operation = ctx.obj
    store = operation.stack.secret()
    key = given_key(stripe_keys.SETUP_KEY, "The new Stripe API key for the service")
    if key is None:
        raise UsageError(f"Set {stripe_keys.SETUP_KEY} to the new Stripe API key.")
    _require_service_key(operation, key)
    stored = store.read()
    operation.output.confirm(f"Replace the Stripe key of {operation.stack.name}?")
    store.write(StripeSecret(key, stored.signing_secrets))
    operation.output.say("Stored. Expire the old key in Stripe's Dashboard in 5 minutes.")
    if operation.output.as_json:
        operation.output.document({"stack": operation.stack.name, "api_key": "replaced"})


def _setup_key(operation: "Operation") -> str:
    return stripe_keys.setup_key(operation.environment, livemode=operation.stack.livemode)


def _connection(operation: "Operation", setup_key: str, wait: float, drain: float) -> Connection:
    stack = operation.stack
    client = stripe_keys.client(operation.environment, setup_key)
    return Connection(
        name=stack.name,
        destinations=Destinations(client, stack.webhook_url),
        secret=stack.secret(),
        webhook=Webhook(stack, wait),
        say=operation.output.say,
        wait_for_functions=lambda: time.sleep(min(drain, LEARN_SECONDS)),
        wait_for_deliveries=lambda: time.sleep(drain),
    )


def _service_key(operation: "Operation", setup_key: str) -> str:
    """Give the key that the service is to use: the given one, the stored one if it works, or ours.

    Raise OpsError for a given one that does not work.
    """
    say = operation.output.say
    given = given_key(SERVICE_KEY, "Restricted key for the service (Enter for none)")
    if given is None:
        stored = operation.stack.secret().read().api_key
        problem = key_problem(operation.stack, stored) if stored else "there is none yet"
        if stored and problem is None:
            return stored
        say(f"The service gets the key of this setup: {problem}")
    key = given or setup_key
    _require_service_key(operation, key)
    return key


def _require_service_key(operation: "Operation", key: str) -> None:
    problem = key_problem(operation.stack, key)
    if problem:
        raise OpsError(f"The key can't be the service's: {problem}")
    if not stripe_keys.is_restricted(key):
        operation.output.say(
            "Warning: the service gets a secret key, which may do everything. Create a restricted "
            "key, and store it with `rotate api-key`."
        )


def _connected(operation: "Operation", destination: Destination) -> None:
    operation.environment.note_signing_secret(operation.stack.secret().read().signing_secrets[0])
    url = operation.stack.webhook_url
    if operation.output.as_json:
        operation.output.document({"destination": destination.id, "url": url})
    else:
        typer.echo(f"Connected: Stripe's {destination.id} delivers to {url}")
