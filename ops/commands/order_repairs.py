"""`orders …`: repairs orders, expires their sessions, publishes and exports them."""

import json
import time
from typing import TYPE_CHECKING, Annotated

import typer

from checkout.aws.order_item import stored_from_item
from checkout.domain.order import OrderStatus
from checkout.errors import OrderUnreadable
from ops.commands.orders import OrderId, show_stored
from ops.errors import OpsError, UsageError
from ops.orders.reading import lookup, order_document, order_id, stored_order
from ops.orders.reconciling import Result, reconcile_order, reconcile_since
from ops.orders.republishing import republish_order, republish_since
from ops.stripe_api import stripe_api
from ops.times import FORMS, past_time, rfc3339

if TYPE_CHECKING:
    from ops.operation import Operation

ONE_OF_BOTH = "Give either an order id or --since."

OneOrder = Annotated[
    str | None,
    typer.Argument(metavar="ORDER_ID", parser=order_id, show_default=False),
]
Since = Annotated[
    int | None,
    typer.Option(metavar="TIME", parser=past_time, help=f"{FORMS[0].upper()}{FORMS[1:]}."),
]


def reconcile(ctx: typer.Context, order_id: OneOrder = None, since: Since = None) -> None:
    """Compare an order with Stripe now, or all that Stripe created since a time, and repair it.

    ReconcileFunction does it, so you need no permission to write orders. Their
    history names operator as the source. Exit code 1 if something could not be
    reconciled.

    Example: ops/checkout --env prod orders reconcile ord_0123456789abcdef0123456789abcdef

    Example: ops/checkout --env prod orders reconcile --since 2h
    """
    operation: Operation = ctx.obj
    if order_id and since is None:
        result = _reconcile_order(operation, order_id)
    elif since is not None and not order_id:
        result = _reconcile_since(operation, since)
    else:
        raise UsageError(ONE_OF_BOTH)
    raise typer.Exit(0 if result.is_complete else 1)


def _reconcile_order(operation: "Operation", order_id: str) -> Result:
    output, stack = operation.output, operation.stack
    stored_order(stack, order_id)
    with output.working("Reconciling"):
        result = reconcile_order(stack, order_id)
    status = stored_order(stack, order_id).order.status
    if output.as_json:
        output.document({"order_id": order_id, "status": status} | result.document)
    elif not result.is_complete:
        logs = f"ops/checkout --env {operation.environment_name} logs --order {order_id}"
        typer.echo(f"{order_id} could not be compared with Stripe: the reason is in `{logs}`")
    else:
        done = "repaired" if result.repaired else "as Stripe has it"
        typer.echo(f"{order_id}: {done}, {status}")
    return result


def _reconcile_since(operation: "Operation", since: int) -> Result:
    output, stack, result = operation.output, operation.stack, Result()
    with output.working("Reconciling"):
        for until, result in reconcile_since(stack, since):
            output.say(f"until {rfc3339(until)}: {result.checked} checked")
    output.fields(result.document)
    return result


def expire(ctx: typer.Context, order_id: OrderId) -> None:
    """Expire an open order's Checkout Session, so that it can no longer be paid.

    It asks first. The order is shown once it is expired.

    Example: ops/checkout --env prod orders expire ord_0123456789abcdef0123456789abcdef
    """
    operation: Operation = ctx.obj
    output, stack = operation.output, operation.stack
    order = stored_order(stack, order_id).order
    if order.status is not OrderStatus.OPEN:
        raise OpsError(f"The order is {order.status}: only an open one can be expired.")
    output.confirm(f"Expire the Checkout Session of {order_id} in {stack.name}?")
    with output.working("Expiring"):
        expired = stripe_api(stack).expire_session(order.checkout.session_id)
        # Its webhook is also on the way: the first of the two records it.
        recorded = reconcile_order(stack, order_id).is_complete
    stored = stored_order(stack, order_id)
    if expired is None:
        raise OpsError(
            f"Stripe did not expire it: the session is no longer open, and the order is "
            f"{stored.order.status}."
        )
    if not recorded and stored.order.status is OrderStatus.OPEN:
        raise OpsError(
            "The session is expired at Stripe, and the order could not be changed yet: its webhook "
            "or the next reconciliation records it. `logs --function Reconcile` has the reason."
        )
    show_stored(output, stack, stored)


def republish(ctx: typer.Context, order_id: OneOrder = None, since: Since = None) -> None:
    """Publish the message of an order's latest change again, with the same id.

    With --since, of all orders that changed since a time. It asks first, as that
    reads the whole table: half a read request unit for each 4 KB of it
    (https://aws.amazon.com/dynamodb/pricing/).

    Consumers that deduplicate on the id do nothing twice. PublishChangesFunction
    does it, so you need no permission to publish to the topic.

    Example: ops/checkout --env prod orders republish ord_0123456789abcdef0123456789abcdef

    Example: ops/checkout --env prod orders republish --since 2026-01-31T09:00:00Z
    """
    operation: Operation = ctx.obj
    if order_id and since is None:
        stored = stored_order(operation.stack, order_id)
        message_id = republish_order(operation.stack, stored)
        operation.output.fields({"message_id": message_id, "type": stored.change.type})
    elif since is not None and not order_id:
        _republish_since(operation, since)
    else:
        raise UsageError(ONE_OF_BOTH)


def _republish_since(operation: "Operation", since: int) -> None:
    output, stack = operation.output, operation.stack
    output.confirm(
        f"Read the whole table of {stack.name}, and publish again the latest change of each order "
        f"that changed since {rfc3339(since)}?"
    )
    published = not_published = failed = 0
    with output.working("Publishing"):
        for one in republish_since(stack, since):
            published += one.message_id is not None
            failed += one.problem is not None
            not_published += one.message_id is None and one.problem is None
            if one.problem:
                output.say(f"{one.order_id}: {one.problem}")
    output.fields({"published": published, "nothing_to_publish": not_published, "failed": failed})
    raise typer.Exit(1 if failed else 0)


def export(
    ctx: typer.Context,
    since: Annotated[
        int, typer.Option(metavar="TIME", parser=past_time, help=f"{FORMS[0].upper()}{FORMS[1:]}.")
    ],
) -> None:
    """Print the orders that changed since a time, one JSON document on a line.

    Each is the whole order, as orders show --json prints it; nothing in it is
    personal. Exit code 1 if an order can't be read; the others are printed.

    It reads the whole table: half a read request unit for each 4 KB of it
    (https://aws.amazon.com/dynamodb/pricing/).

    Example: ops/checkout --env prod orders export --since 7d > orders.jsonl
    """
    operation: Operation = ctx.obj
    output, stack = operation.output, operation.stack
    read = exported = unreadable = 0
    started = time.monotonic()
    for scanned, items in lookup(stack).changed_since(since):
        read += scanned
        for item in items:
            try:
                document = order_document(stack, stored_from_item(item))
            except OrderUnreadable as error:
                unreadable += 1
                output.say(f"{item['order_id']['S']}: {error.detail}")
                continue
            exported += 1
            typer.echo(json.dumps(document))
        output.say(f"{exported} of {read} orders, {time.monotonic() - started:.0f} s")
    raise typer.Exit(1 if unreadable else 0)
