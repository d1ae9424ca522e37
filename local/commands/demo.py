"""`make demo`: one whole purchase on a local cloud, shown in the twelve steps of the flow."""

import argparse
import json
import os
import sys
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from local.cloud.function_logs import function_logs
from local.cloud.stack import LocalStack, local_stack
from local.commands.exit_code import exit_code
from local.machine.console import Console, shortened
from local.paths import DEMO_FILE
from local.shop.purchase_steps import Purchase, PurchaseFailed, Step, between

LOG_LINES = 12
DETAIL_WIDTH = 72


def main() -> int:
    options = argparse.ArgumentParser(prog="make demo", description=__doc__)
    options.add_argument("--report", type=Path, default=DEMO_FILE)
    report: Path = options.parse_args().report
    report.unlink(missing_ok=True)
    console = Console()
    return exit_code(console, partial(demonstrated, console, report))


def demonstrated(console: Console, report: Path) -> int:
    started = time.monotonic()
    try:
        with local_stack(console) as stack:
            purchase = buy(console, stack)
    except PurchaseFailed as failure:
        console.say(f"\nThe demo failed at {failure}")
        return 1
    seconds = time.monotonic() - started
    write_report(report, purchase, seconds)
    order, path = purchase.order, os.path.relpath(report)
    console.say(
        f"\nOrder {order['order_id']} is {order['status']}, once: {' -> '.join(purchase.changes)}"
    )
    console.say(f"{purchase.stripe_calls} calls to Stripe, {seconds:.1f} s in all: {path}")
    return 0


def buy(console: Console, stack: LocalStack) -> Purchase:
    console.say()
    started = datetime.now(UTC)
    purchase = Purchase(stack, on_step=lambda step: show(console, step, started))
    try:
        purchase.make()
    except PurchaseFailed:
        console.say("\nWhat the functions logged last:")
        for line in function_logs(stack.aws)[-LOG_LINES:]:
            console.say(f"  {line}")
        raise
    return purchase


def show(console: Console, step: Step, begun: datetime) -> None:
    route = f"{step.source} -> {step.target}"
    at = between(begun, step.started) / 1000
    console.say(
        f"{step.number:>3}  {route:<21}  {step.title:<30} {step.duration_ms:>5.0f} ms"
        f"  from {at:>5.2f} s"
    )
    console.say(f"     {shortened(step.detail, DETAIL_WIDTH)}")


def write_report(path: Path, purchase: Purchase, seconds: float) -> None:
    steps = [
        {
            "number": step.number,
            "title": step.title,
            "from": step.source,
            "to": step.target,
            "duration_ms": step.duration_ms,
            "detail": step.detail,
        }
        for step in sorted(purchase.steps, key=lambda step: step.number)
    ]
    report = {
        "steps": steps,
        "order": purchase.order,
        "stripe_calls": purchase.stripe_calls,
        "seconds": round(seconds, 1),
    }
    path.write_text(f"{json.dumps(report, indent=2)}\n")


if __name__ == "__main__":
    sys.exit(main())
