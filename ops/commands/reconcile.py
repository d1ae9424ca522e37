"""`reconcile`: starts the scheduled reconciliation now."""

from typing import TYPE_CHECKING, Annotated

import typer

from ops.orders.reconciling import reconcile_pending

if TYPE_CHECKING:
    from ops.operation import Operation


def reconcile(
    ctx: typer.Context,
    minimum_age: Annotated[
        int,
        typer.Option(
            metavar="SECONDS", min=0, help="The minimum time for which an order has been pending."
        ),
    ] = 0,
) -> None:
    """Compare all pending orders, and recent refunds and disputes, with Stripe now, and repair.

    It is a run of ReconcileFunction, which continues where the last one stopped.
    Exit code 1 if something failed, or the run ended before all was compared: run
    it again.

    Example: ops/checkout --env prod reconcile
    """
    operation: Operation = ctx.obj
    stack = operation.stack
    with operation.output.working("Reconciling"):
        report = reconcile_pending(stack, minimum_age)
    operation.output.fields(report)
    raise typer.Exit(0 if report["finished"] and not report["failed"] else 1)
