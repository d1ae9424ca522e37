"""`connect` and `rotate`: the stack's keys and its event destination at Stripe."""

import secrets
import time
from typing import TYPE_CHECKING, Annotated

import typer

from ops import stripe_keys
from ops.connection import DRAIN_SECONDS, LEARN_SECONDS, Connection
from ops.destinations import Destination, Destinations
from ops.errors import OpsError, UsageError
from ops.key_permissions import Unusable, require_same_account, require_service_key
from ops.stripe_keys import SERVICE_KEY, asked_key, given_key
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

    A stack that gets its events from EventBridge (StripeEventBusName) gets the keys alone.

    Example: ops/checkout --env dev connect
    """
    operation: Operation = ctx.obj
    setup_key = _setup_key(operation)
    service_key = _service_key(operation, setup_key)
    if operation.stack.event_bus:
        _store_without_webhook(operation, service_key)
        return
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
    service_key = _stored_key(operation)
    setup_key = _setup_key(operation)
    require_same_account(operation.stack, service_key, setup_key)
    operation.output.confirm(f"Replace the signing secret of {operation.stack.webhook_url}?")
    _connected(operation, _connection(operation, setup_key, wait, drain).replace())


@rotate.command("api-key")
def rotate_api_key(ctx: typer.Context) -> None:
    """Store a new Stripe key for the service, after checking what it may do.

    The new key comes from STRIPE_SERVICE_API_KEY, from a hidden prompt, or without a terminal from
    STRIPE_API_KEY. The functions use it within 5 minutes, or at once where Stripe refuses the old
    one: expire that in Stripe's Dashboard afterwards.

    Example: ops/checkout --env dev rotate api-key
    """
    operation: Operation = ctx.obj
    output, stack = operation.output, operation.stack
    old = _stored_key(operation)
    key = given_key(SERVICE_KEY) or asked_key("The new Stripe API key for the service")
    key = key or given_key(stripe_keys.SETUP_KEY)
    if key is None:
        raise UsageError(f"Set {SERVICE_KEY} to the new Stripe API key.")
    _require_service_key(operation, key)
    require_same_account(stack, key, old)
    output.confirm(f"Replace the Stripe key of {stack.name}?")
    stack.secret().store_api_key(key)
    output.say("Stored. Expire the old key in Stripe's Dashboard in 5 minutes.")
    if output.as_json:
        output.document({"stack": stack.name, "api_key": "replaced"})


def _stored_key(operation: "Operation") -> str:
    stored = operation.stack.secret().read()
    if stored.api_key is None or not stored.signing_secrets:
        raise OpsError("The stack is not connected yet: run `connect`.")
    return stored.api_key


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
    """Return the service's key: the one given, the stored one, or the setup key.

    Raise OpsError for a given or stored one that lacks permissions, or is of another account.
    """
    output, stack = operation.output, operation.stack
    key = given_key(SERVICE_KEY)
    stored = stack.secret().read().api_key
    if key is None and stored is not None:
        try:
            require_service_key(stack, stored)
        except Unusable as error:
            output.say(f"The stored key: {error}")
            key = asked_key("Restricted key for the service (Enter to use this setup's)")
            if key is None and stack.livemode:
                output.confirm(f"Replace the Stripe key of {stack.name} by this setup's?")
        else:
            key = stored
    elif key is None:
        key = asked_key("Restricted key for the service (Enter to use this setup's)")
    key = key or setup_key
    _require_service_key(operation, key)
    require_same_account(stack, key, setup_key)
    return key


def _require_service_key(operation: "Operation", key: str) -> None:
    """Raise OpsError for an unusable key; ask for confirmation if it has too many permissions."""
    require_service_key(operation.stack, key)
    if stripe_keys.is_restricted(key):
        return
    operation.output.say(
        "Warning: the service gets a secret key, which has all permissions. Create a restricted "
        "key, and store it with `rotate api-key`."
    )
    if operation.stack.livemode:
        operation.output.confirm("Use a secret key for the service in live mode?")


def _store_without_webhook(operation: "Operation", service_key: str) -> None:
    """Store the key and a random signing secret: nothing is delivered over HTTP."""
    store = operation.stack.secret()
    store.store_api_key(service_key)
    if not store.read().signing_secrets:
        store.add_signing_secret(f"whsec_{secrets.token_urlsafe(32)}")
    bus = operation.stack.event_bus
    if operation.output.as_json:
        operation.output.document({"destination": None, "event_bus": bus})
    else:
        typer.echo(f"Stored the key. No webhook is registered: events come from the bus {bus}.")


def _connected(operation: "Operation", destination: Destination) -> None:
    operation.environment.note_signing_secret(operation.stack.secret().read().signing_secrets[0])
    url = operation.stack.webhook_url
    if operation.output.as_json:
        operation.output.document({"destination": destination.id, "url": url})
    else:
        typer.echo(f"Connected: Stripe's {destination.id} delivers to {url}")
        operation.output.say(
            "Stripe does not retry deliveries of a replaced destination: if deliveries were "
            "refused before, run `orders reconcile --since TIME`."
        )
