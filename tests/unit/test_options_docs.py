"""docs/options.md is true: its examples, its table of what is refused, its modes, its policy."""

import ast
import re

import pytest

from checkout.stripe.option_types import DENIED_IN_FILE, option_errors
from checkout.stripe.options import ELEMENTS, MODES
from tests.options_docs import EXAMPLES, POLICY, PROGRAM, TEXT
from tests.support.stack import load_template

FIRST_CLASS = {
    *("allow_promotion_codes", "automatic_tax", "tax_id_collection"),
    *("shipping_address_collection", "shipping_options", "phone_number_collection"),
    *("invoice_creation", "custom_fields", "consent_collection", "payment_method_configuration"),
    *("payment_method_options", "customer_creation", "saved_payment_method_options"),
    *("billing_address_collection", "submit_type", "branding_settings", "adaptive_pricing"),
    "payment_intent_data",
}


@pytest.mark.parametrize("title", EXAMPLES)
def test_an_example_is_accepted_in_a_file(title: str) -> None:
    assert list(option_errors(EXAMPLES[title], DENIED_IN_FILE)) == []


def test_each_first_class_option_has_an_example() -> None:
    shown = {name for example in EXAMPLES.values() for name in example}
    assert shown >= FIRST_CLASS
    merged = {name: value for example in EXAMPLES.values() for name, value in example.items()}
    assert list(option_errors(merged, DENIED_IN_FILE)) == []


def test_the_table_lists_what_is_refused() -> None:
    table = TEXT[TEXT.index("| refused | why |") : TEXT.index("- **Stripe's modes.**")]
    named: set[str] = set()
    for row in table.splitlines()[2:]:
        parent = ""
        for name in re.findall(r"`([\w.]+)`", row.split("|")[1] if row else ""):
            below = f"{parent}.{name}" if parent and "." not in name else name
            named |= {name, below}
            parent = name.rpartition(".")[0] or parent
    assert {".".join(map(str, path)) for path in DENIED_IN_FILE} <= named


def test_what_a_mode_leaves_out_is_listed() -> None:
    [line] = re.findall(r"^- \*\*Stripe's modes\.\*\*.*$", TEXT, re.MULTILINE)
    listed = set(re.findall(r"`([\w.]+)`", line))
    assert {".".join(path) for path, modes in MODES.items() if ELEMENTS not in modes} <= listed


def test_the_policy_allows_the_trusted_route_and_no_other() -> None:
    [statement] = POLICY["Statement"]
    events = load_template()["Resources"]["CreateSessionFunction"]["Properties"]["Events"]
    route = events["Trusted"]["Properties"]
    assert (statement["Effect"], statement["Action"]) == ("Allow", "execute-api:Invoke")
    assert statement["Resource"].endswith(f"/$default/{route['Method']}{route['Path']}")
    assert "*" not in statement["Resource"]


def test_the_program_is_python() -> None:
    assert "SigV4Auth" in ast.dump(ast.parse(PROGRAM))
