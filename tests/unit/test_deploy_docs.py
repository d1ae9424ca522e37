"""What docs/deploy.md says of the stack is what the template and the command line say."""

import re
import shlex
import tomllib

import pytest

from checkout.metrics import Metric
from checkout.stripe.events import HANDLED_EVENTS
from ops.doctor.checks import CHECKS
from tests.support.aws_commands import shell_lines
from tests.support.operating import command_of
from tests.support.sam import of_type, transformed_resources
from tests.support.stack import ROOT, load_template

DEPLOY = (ROOT / "docs" / "deploy.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()
TEMPLATE = load_template()


def section(title: str) -> str:
    """Return the text below a heading, up to the next one of any level."""
    found = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#|\Z)", DEPLOY, re.MULTILINE | re.DOTALL)
    assert found is not None, title
    return found[1]


def rows(title: str) -> list[list[str]]:
    """Return the cells of a section's table, without its head."""
    lines = [line for line in section(title).splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_each_parameter_is_listed_with_its_default() -> None:
    expected = []
    for name, parameter in TEMPLATE["Parameters"].items():
        default = str(parameter["Default"])
        description = " ".join(parameter["Description"].split())
        expected.append([f"`{name}`", f"`{default}`" if default else "empty", description])
    assert rows("Parameters") == expected


def test_exactly_the_handled_events_are_listed() -> None:
    listed = re.search(r"exactly these types:\n\n(.*)\n", section("Connect"))
    assert listed is not None
    assert re.findall(r"`([a-z_.]+)`", listed[1]) == list(HANDLED_EVENTS)
    assert f"receive {len(HANDLED_EVENTS)} types of events" in section("Connect")


def test_doctors_output_has_each_of_its_checks() -> None:
    shown = re.findall(r"^ok     ([^:]+): ", section("Check"), re.MULTILINE)
    assert shown == [check.name for check in CHECKS]


def test_the_docs_show_connects_output() -> None:
    said = (ROOT / "ops" / "connection.py").read_text()
    [shown] = re.findall(r"^```text\n(.*?)^```$", section("Connect"), re.MULTILINE | re.DOTALL)
    *steps, connected, advice = shown.splitlines()
    assert len(steps) > len(["register", "store"])
    for step in steps:
        # An id, or a number, is a field of the text.
        first_words = re.split(r" (?:ed_test_\w+|\d+)", step)[0]
        assert f'"{first_words}' in said, step
    assert connected.startswith("Connected: Stripe's ed_test_")
    assert advice.startswith("Stripe does not retry deliveries of a replaced destination")


@pytest.mark.parametrize("line", shell_lines(ROOT / "docs" / "deploy.md"))
def test_each_command_is_one_that_there_is(line: str) -> None:
    program, *arguments = shlex.split(line)
    match program:
        case "make":
            phony = re.search(r"^\.PHONY:((?:.*\\\n)*.*)$", MAKEFILE, re.MULTILINE)
            assert phony is not None
            assert arguments[0] in phony[1].split()
        case "ops/checkout":
            assert command_of(line)
        case _:
            # test_aws_commands.py has those of AWS; test_readme.py runs the purchase.
            assert program in {"aws", "export", "curl"}


def test_all_that_outlives_the_stack_is_listed() -> None:
    kept = [
        f"`{name}`"
        for name, resource in TEMPLATE["Resources"].items()
        if resource.get("DeletionPolicy") == "Retain"
    ]
    assert [row[0] for row in rows("What stays after `sam delete`")] == kept


def test_the_outputs_that_are_named_exist() -> None:
    for name in re.findall(r"^Key +(\w+)$", DEPLOY, re.MULTILINE):
        assert name in TEMPLATE["Outputs"]
    assert "StripeSecretArn" in TEMPLATE["Outputs"]


def test_the_parameters_to_set_exist() -> None:
    samconfig = tomllib.loads((ROOT / "samconfig.toml").read_text())
    overrides = samconfig["prod"]["deploy"]["parameters"]["parameter_overrides"]
    given = {entry.partition("=")[0] for entry in overrides}
    first = re.findall(r"`(\w+)`", section("The first deploy").partition("\n2.")[0])
    named = set(first) & TEMPLATE["Parameters"].keys()
    assert named == {"AllowedOrigins", "DefaultSuccessUrl", "DefaultCancelUrl", "AlarmEmail"}
    assert named - given == {"AlarmEmail"}


def test_the_cost_adds_up() -> None:
    total = 0.0
    for what, units, price, amount in rows("Cost"):
        number = float(units.split()[0])
        dollars = number * float(price.removeprefix("$"))
        assert amount == f"${dollars:.2f}", what
        total += round(dollars, 2)
    assert f"About **${total:.2f}** in all" in section("Cost")


def test_the_fixed_cost_is_of_what_a_stack_has() -> None:
    resources = transformed_resources(Deployment="Canary10Percent5Minutes")
    alarms, metrics = len(of_type(resources, "AWS::CloudWatch::Alarm")), len(Metric)
    assert f"{metrics} metrics at $0.30" in section("Cost")
    assert f"{alarms} alarms at $0.10 (one of them of two metrics)" in section("Cost")
    fixed = metrics * 0.30 + (alarms + 1) * 0.10 + 1.0 + 0.40
    assert f"about ${fixed:.2f} a month" in section("Cost")
