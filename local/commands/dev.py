"""`make dev`: the local cloud with the storefront, kept running until Ctrl-C or SIGTERM.

FRONTEND_ORIGIN=http://localhost:5173 allows a frontend on that port instead of the storefront.
STOREFRONT_UI_MODE=embedded_page makes the storefront take payments in its own page; with Stripe
itself that needs STRIPE_PUBLISHABLE_KEY. STOREFRONT_PORT, AWS_PORT and STRIPE_PORT choose other
ports than 3000, 4566 and 12111.

With STRIPE_API_KEY=sk_test_... in the environment it uses Stripe itself; deliveries then come by
`stripe listen`, whose signing secret goes into STRIPE_WEBHOOK_SECRET.
"""

import argparse
import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

from local.cloud.stack import LocalStack, local_stack
from local.machine.console import Console
from local.machine.only_one import only_one
from local.machine.ports import StackPorts, chosen_port
from local.machine.processes import LocalCloudError
from local.machine.signals import Terminated
from local.paths import STACK_FILE
from local.shop.frontend import NAME, Frontend, frontend_origin
from local.shop.purchase_steps import stored_order
from local.shop.storefront import HOSTED_PAGE, Config, local_frontend, storefront
from local.shop.stripe_account import LOOKUP_KEY, StripeAccount, real_account


def main() -> int:
    options = argparse.ArgumentParser(prog="make dev", description=__doc__)
    options.add_argument("--stack-file", type=Path, default=STACK_FILE)
    stack_file: Path = options.parse_args().stack_file
    console = Console()
    try:
        account = real_account(os.environ)
        ours = own_frontend(console)
        with (
            only_one(stack_file),
            local_stack(
                console,
                connect=account,
                frontend=ours or Frontend(frontend_origin(os.environ)),
                ports=ports(console, account),
            ) as stack,
            served(stack, ours) as whole,
            announced_in(stack_file, whole),
        ):
            announce(console, whole, stack_file)
            wait_for_ever()
    except LocalCloudError as error:
        console.say(f"\n{error.explained()}")
        return 1
    except (KeyboardInterrupt, Terminated):
        console.say("\nStopped.")
    return 0


def own_frontend(console: Console) -> Frontend | None:
    """Return the storefront, None if FRONTEND_ORIGIN names another frontend."""
    if NAME in os.environ:
        return None
    return local_frontend(chosen_port("STOREFRONT_PORT", os.environ, console.say))


@contextmanager
def served(stack: LocalStack, frontend: Frontend | None) -> Iterator[LocalStack]:
    """Serve the storefront, if it is the frontend, and yield the stack with its URL."""
    if frontend is None:
        yield stack
        return
    facts = stack.facts
    config = Config(
        facts.api_url,
        ui_mode=os.environ.get("STOREFRONT_UI_MODE") or HOSTED_PAGE,
        stripe_url=facts.stripe_url if stack.price else None,
        publishable_key=os.environ.get("STRIPE_PUBLISHABLE_KEY") or None,
    )
    with storefront(frontend.origin, config, partial(stored_order, stack)) as url:
        yield replace(stack, facts=replace(facts, storefront_url=url))


def ports(console: Console, account: StripeAccount | None) -> StackPorts:
    return StackPorts(
        aws=chosen_port("AWS_PORT", os.environ, console.say),
        stripe=0 if account else chosen_port("STRIPE_PORT", os.environ, console.say),
    )


def announce(console: Console, stack: LocalStack, stack_file: Path) -> None:
    facts = stack.facts
    console.say()
    if facts.storefront_url:
        console.say(f"Shop         {facts.storefront_url}")
    console.say(f"API          {facts.api_url}")
    console.say(f"Webhook      {facts.webhook_url}")
    console.say(f"Stripe       {facts.stripe_url}")
    if stack.price is not None:
        console.say(f"Live view    {facts.stripe_url}/live")
    console.say(f"AWS          {facts.aws_endpoint_url}")
    console.say(f"Logs         {stack.run}")
    console.say(f"All of it    {stack_file}")
    console.say()
    if stack.price is None:
        console.say(
            "Stripe delivers through its CLI, whose secret STRIPE_WEBHOOK_SECRET must hold:"
        )
        console.say(f"  stripe listen --forward-to {facts.webhook_url}")
    else:
        body = json.dumps({"items": [{"lookup_key": LOOKUP_KEY, "quantity": 1}]})
        console.say("Ask for a checkout, and pay on the page at the response's url:")
        console.say(
            f"  curl --fail-with-body --write-out '\\n' {facts.api_url}/checkout/sessions \\"
        )
        console.say(f"    --header 'content-type: application/json' --data '{body}'")
    console.say("\nCtrl-C stops it.")


@contextmanager
def announced_in(stack_file: Path, stack: LocalStack) -> Iterator[None]:
    """Write the file atomically, and remove it when the stack ends."""
    text = json.dumps(asdict(stack.facts), indent=2)
    part = stack_file.with_suffix(".part")
    # Readable only by its owner: it may contain a real key.
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    part.write_text(f"{text}\n")
    part.replace(stack_file)
    try:
        yield
    finally:
        stack_file.unlink(missing_ok=True)


def wait_for_ever() -> None:
    while True:
        signal.pause()


if __name__ == "__main__":
    sys.exit(main())
