"""`make demo`: one whole purchase on a local cloud, shown in the twelve steps of the flow."""

import argparse
import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path

from local.console import Console
from local.function_logs import function_logs
from local.paths import DEMO_FILE
from local.processes import LocalCloudError, Terminated
from local.purchase import Purchase, PurchaseFailed, Step
from local.stack import LocalStack, local_stack

LOG_LINES = 12
INTERRUPTED = 130


def main() -> int:
    options = argparse.ArgumentParser(prog="make demo", description=__doc__)
    options.add_argument("--report", type=Path, default=DEMO_FILE)
    report: Path = options.parse_args().report
    report.unlink(missing_ok=True)
    console = Console()
    started = time.monotonic()
    try:
        with local_stack(console) as stack:
            purchase = buy(console, stack)
    except PurchaseFailed as failure:
        console.say(f"\nThe demo failed at {failure}")
        return 1
    except LocalCloudError as error:
        console.say(f"\n{error.explained()}")
        return 1
    except (KeyboardInterrupt, Terminated):
        console.say("\nInterrupted. Everything that was started is stopped.")
        return INTERRUPTED
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
    purchase = Purchase(stack, on_step=lambda step: show(console, step))
    try:
        purchase.make()
    except PurchaseFailed:
        console.say("\nWhat the functions logged last:")
        for line in function_logs(stack.aws)[-LOG_LINES:]:
            console.say(f"  {line}")
        raise
    return purchase


def show(console: Console, step: Step) -> None:
    route = f"{step.source} -> {step.target}"
    console.say(f"{step.number:>3}  {route:<21}  {step.title:<30} {step.duration_ms:>5.0f} ms")
    console.say(f"     {step.detail}")


def write_report(path: Path, purchase: Purchase, seconds: float) -> None:
    steps = []
    for step in purchase.steps:
        fields = asdict(step)
        # `from` is a keyword in Python, and the name in the report.
        steps.append(
            {"number": fields.pop("number"), "title": fields.pop("title")}
            | {"from": fields.pop("source"), "to": fields.pop("target")}
            | fields
        )
    report = {
        "steps": steps,
        "order": purchase.order,
        "stripe_calls": purchase.stripe_calls,
        "seconds": round(seconds, 1),
    }
    path.write_text(f"{json.dumps(report, indent=2)}\n")


if __name__ == "__main__":
    sys.exit(main())
