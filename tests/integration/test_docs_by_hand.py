"""Runs the docs' commands for use beside `make dev`, word for word."""

import json
import os
import re
import shlex
import subprocess
from dataclasses import asdict
from pathlib import Path

import pytest

from local.cloud.function_logs import wait_for_entry
from local.paths import ROOT
from local.shop.customer import pay_by_card
from tests.integration.operator import terminal_environment
from tests.integration.world import World

BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def section(document: str, heading: str) -> str:
    """Return the code of a section, with its line breaks."""
    text = (ROOT / "docs" / document).read_text().partition(f"\n## {heading}\n")[2]
    return "".join(BLOCK.findall(text.partition("\n## ")[0]))


@pytest.fixture
def stack_file(world: World, tmp_path: Path) -> Path:
    path = tmp_path / "stack.json"
    path.write_text(json.dumps(asdict(world.stack.facts)))
    return path


def typed(code: str, stack_file: Path) -> str:
    """Run it in the repository's folder with the test stack's file; return its output."""
    code = code.replace(".local/stack.json", str(stack_file))
    return printed_by_shell(code, CHECKOUT_STACK_FILE=str(stack_file))


def printed_by_shell(code: str, **variables: str) -> str:
    assert "make " in code
    environment = terminal_environment() | variables
    environment.pop("ENV", None)
    ran = subprocess.run(
        ["/bin/bash", "-euo", "pipefail", "-c", code],
        cwd=ROOT,
        env=environment | {"COLUMNS": "300", "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_a_purchase_by_hand_prints_each_response(world: World, stack_file: Path) -> None:
    code = f"{section('local-cloud.md', 'By hand')}\necho $AWS_ENDPOINT_URL"
    created, paid, confirmed, rest = typed(code, stack_file).split("\n", 3)
    order = json.loads(created)
    assert order["status"] == "open"
    thanks = f"http://localhost:3000/thanks?session_id={order['session_id']}"
    assert json.loads(paid) == {"redirect": thanks}
    assert json.loads(confirmed)["status"] == "paid"
    refund, end = json.JSONDecoder().raw_decode(rest)
    assert (refund["object"], refund["amount"]) == ("refund", 2400)
    printed = rest[end:].rstrip()
    assert re.search(rf"{order['order_id']} +paid ", printed)
    assert re.search(rf"StripeWebhook +INFO +recorded .*order_id={order['order_id']}", printed)
    assert printed.endswith(f"\n{world.stack.facts.aws_endpoint_url}")


def operated(world: World, line: str) -> str:
    """Run the operator's command that a call of make is for, without make; return its output."""
    # `make test` is a make above this one, which would then print its directory.
    dry = printed_by_shell(f"{line} --dry-run --no-print-directory")
    script, *arguments = shlex.split(dry)[1:]
    assert script == "ops/checkout"
    assert arguments[:2] == ["--env", "local"]
    called = world.operate(*arguments[2:])
    assert called.exit_code == 0, called.progress
    return called.printed


def test_what_happens_to_orders_is_tried_locally(world: World) -> None:
    created = world.checkout(client_reference_id="cart-77")
    pay_by_card(created["url"])
    message = f"{created['order_id']}:2"
    wait_for_entry(world.stack.aws, message="published", message_id=message)
    printed = "".join(operated(world, line) for line in section("orders.md", "Try it").splitlines())
    assert re.search(rf"{created['order_id']} .*paid", printed)
    assert re.search(rf"PublishChanges +INFO +published .*message_id={message}", printed)
