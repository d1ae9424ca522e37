"""`orders …`: finds orders, shows them, and compares them with Stripe."""

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from types import NoneType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from checkout.domain.order import OrderStatus
from checkout.errors import OrderUnreadable
from ops.errors import OpsError, UsageError
from ops.orders.comparison import compared
from ops.orders.finding import Kind, Query, found_orders, pending_orders, query
from ops.orders.reading import (
    dashboard_name,
    lookup,
    order_document,
    order_id,
    payment_page,
    stored_order,
)
from ops.output import Output
from ops.stripe_api import stripe_api

if TYPE_CHECKING:
    from checkout.aws.order_item import StoredOrder
    from checkout.domain.order import Order
    from ops.operation import Operation
    from ops.stack import Stack

OrderId = Annotated[
    str, typer.Argument(metavar="ORDER_ID", parser=order_id, help="ord_ and 32 hexadecimal digits.")
]
What = Annotated[
    str | None,
    typer.Argument(
        metavar="WHAT",
        help="ord_…, cs_…, pi_…, an e-mail address, or else a client_reference_id.",
        show_default=False,
    ),
]
Session = Annotated[str | None, typer.Option(help="A Checkout Session, cs_….")]
PaymentIntent = Annotated[str | None, typer.Option(help="A PaymentIntent, pi_….")]
ClientReferenceId = Annotated[
    str | None, typer.Option(help="The client_reference_id of the request, of any form.")
]
Email = Annotated[str | None, typer.Option(help="The customer's e-mail address.")]
Status = Annotated[
    OrderStatus | None, typer.Option(help="open, processing or authorized: the oldest first.")
]
Limit = Annotated[int, typer.Option(min=1, help="The most orders to print.")]
FOUND = ("order_id", "status", "amount_total", "amount_refunded", "currency", "created_at")
HISTORY = ("type", "occurred_at", "recorded_at", "source")
# The tables that `show` prints, with their columns.
LISTS: Mapping[str, tuple[str, ...]] = {
    "items": ("price", "product", "lookup_key", "quantity", "amount_total"),
    "refunds": ("id", "status", "amount"),
    "disputes": ("id", "status", "reason", "amount"),
    "declines": ("id", "code", "attempted_at"),
}


def show(ctx: typer.Context, order_id: OrderId) -> None:
    """Show an order: its fields, items, refunds, disputes, and declined attempts to pay.

    Refunds are made in Stripe's Dashboard, so that the service's own key needs no
    permission for them: the page of the payment is printed too. Amounts are in the
    currency's minor unit.

    Example: ops/checkout --env prod orders show ord_0123456789abcdef0123456789abcdef
    """
    operation: Operation = ctx.obj
    stored = stored_order(operation.stack, order_id)
    show_stored(operation.output, operation.stack, stored)


def show_stored(output: Output, stack: "Stack", stored: "StoredOrder") -> None:
    document = order_document(stack, stored)
    if output.as_json:
        output.document(document)
        return
    output.fields({name: value for name, value in document.items() if not isinstance(value, list)})
    for name, columns in LISTS.items():
        if document[name]:
            output.console.print(f"\n{name}", style="bold")
            output.rows(columns, document[name])
    if task := task_at_stripe(document):
        page = document["payment_page"]
        output.console.print(f"\n{task} it in {dashboard_name(stack)}: {page}")


def task_at_stripe(document: Mapping[str, Any]) -> str | None:
    """Return the merchant's task for an order in Stripe's Dashboard, None if there is none."""
    if document["status"] == OrderStatus.AUTHORIZED:
        return "Capture or cancel"
    return "Refund" if document["amount_refunded"] < document["amount_captured"] else None


def find(  # noqa: PLR0913  (each is an option)
    ctx: typer.Context,
    what: What = None,
    *,
    session: Session = None,
    payment_intent: PaymentIntent = None,
    client_reference_id: ClientReferenceId = None,
    email: Email = None,
    status: Status = None,
    limit: Limit = 50,
) -> None:
    """Find orders by what a customer or Stripe's Dashboard names, the newest first.

    Sessions and e-mail addresses are looked up at Stripe, as the table holds no
    addresses; they are not logged. By status, each pending order is read, however many
    there are, until the limit is reached. Exit code 1 if there is no such order.

    Example: ops/checkout --env prod orders find pi_3PgafmB7WZ01zgkW1MlTu8bG

    Example: ops/checkout --env prod orders find --client-reference-id cart-77

    Example: ops/checkout --env prod orders find --status authorized
    """
    operation: Operation = ctx.obj
    options = {
        Kind.SESSION: session,
        Kind.PAYMENT_INTENT: payment_intent,
        Kind.CLIENT_REFERENCE_ID: client_reference_id,
        Kind.EMAIL: email,
    }
    wanted = only_one(what, options, status)
    found, noun = searched(operation, wanted)
    rows = list(islice(found, limit))
    if not rows:
        raise OpsError(f"The stack {operation.stack.name} has no order of this {noun}.")
    operation.output.rows(FOUND, rows)
    if next(found, None):
        operation.output.say(f"There are more than {limit}: raise --limit.")


def only_one(
    what: str | None, options: Mapping[Kind, str | None], status: OrderStatus | None
) -> Query | OrderStatus:
    """Return the one value to search by; raise UsageError for none or several."""
    given: list[Query | OrderStatus] = [
        Query(kind, value) for kind, value in options.items() if value is not None
    ]
    if what is not None:
        given.append(query(what))
    if status is not None:
        given.append(status)
    if len(given) != 1:
        raise UsageError("Give exactly one value to search by: see orders find --help.")
    return given[0]


def searched(
    operation: "Operation", wanted: Query | OrderStatus
) -> tuple[Iterator[dict[str, Any]], str]:
    """Return the orders, and the kind of the value for messages."""
    if isinstance(wanted, OrderStatus):
        return in_status(operation, wanted), "status"
    return documents(operation, found_orders(operation.stack, wanted)), wanted.noun


def in_status(operation: "Operation", status: OrderStatus) -> Iterator[dict[str, Any]]:
    """Return the orders of a status, as far as an index has it; raise UsageError."""
    if not status.is_pending:
        raise UsageError(f"No index has the orders that are {status}: see orders export.")
    pending = documents(operation, pending_orders(operation.stack))
    return (one for one in pending if one["status"] == status)


def documents(operation: "Operation", ids: Iterator[str]) -> Iterator[dict[str, Any]]:
    """Read orders; report one that can't be read and go on, and skip missing ones."""
    table = lookup(operation.stack)
    for one in ids:
        try:
            stored = table.find(one)
        except OrderUnreadable as error:
            operation.output.say(f"{one}: {error.detail}")
            yield {"order_id": one, "status": "unreadable"}
            continue
        if stored is not None:
            yield order_document(operation.stack, stored)


def history(ctx: typer.Context, order_id: OrderId) -> None:
    """Show each change of an order: when it happened, when it was recorded, and its source.

    A source is the id of the event that brought the change, or what asked Stripe:
    create, confirm, reconcile (the schedule), operator (orders reconcile). Declined
    attempts to pay are in orders show.

    Example: ops/checkout --env prod orders history ord_0123456789abcdef0123456789abcdef
    """
    operation: Operation = ctx.obj
    stored = stored_order(operation.stack, order_id)
    operation.output.rows(HISTORY, order_document(operation.stack, stored)["history"])


def diff(ctx: typer.Context, order_id: OrderId) -> None:
    """Compare an order, field by field, with what Stripe says now. Exit code 1 if they differ.

    It reads the order's Checkout Session, items, refunds and disputes at Stripe, and
    changes nothing.

    Example: ops/checkout --env prod orders diff ord_0123456789abcdef0123456789abcdef
    """
    operation: Operation = ctx.obj
    output, stack = operation.output, operation.stack
    order = stored_order(stack, order_id).order
    comparison = compared(order, stripe_api(stack), stack.readers())
    rows = [vars(one) for one in comparison.differences]
    if output.as_json:
        output.document(
            {"order_id": order_id, "differences": rows, "repairs": list(comparison.repairs)}
        )
    elif comparison.is_same:
        typer.echo(f"{order_id} is as Stripe has it: {order.status}.")
    else:
        output.rows(("field", "ours", "stripe"), [cells(row) for row in rows])
        typer.echo(advice(operation, order, comparison.repairs))
    raise typer.Exit(0 if comparison.is_same else 1)


def cells(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return values other than strings and numbers as JSON."""
    return {
        name: value if isinstance(value, (str, int, NoneType)) else json.dumps(value)
        for name, value in row.items()
    }


def advice(operation: "Operation", order: "Order", repairs: tuple[str, ...]) -> str:
    if repairs:
        name, order_id = operation.environment_name, order.order_id
        command = f"ops/checkout --env {name} orders reconcile {order_id}"
        return f"To record {', '.join(repairs)}: {command}"
    page = payment_page(operation.stack, order.checkout.payment_intent)
    dashboard = dashboard_name(operation.stack)
    return f"Nothing at Stripe changes this order. Compare it with {dashboard}: {page}"
