"""What each function loads of the built layer: only what its path needs."""

from pathlib import Path

import pytest

from tests.support.built import built, site
from tests.support.interpreter import modules_loaded_by
from tests.support.stack import ENVIRONMENT, HANDLERS, OWN_ENVIRONMENT

__all__ = ["built", "site"]

PARTS = {
    "CreateSessionFunction": "wiring.checkouts()",
    "ConfirmPaymentFunction": "wiring.checkouts()",
    "StripeWebhookFunction": "wiring.deliveries()",
    "ListPricesFunction": "wiring.price_list()",
    "ReconcileFunction": "wiring.reconciliation()",
    "PublishChangesFunction": "wiring.publisher()",
}
# Powertools imports its Tracer class and Metrics itself; what costs is what they would need.
NOBODY_NEEDS = {
    "aws_lambda_powertools.event_handler",
    "aws_lambda_powertools.utilities.batch",
    "aws_lambda_powertools.utilities.data_classes",
    "aws_lambda_powertools.utilities.idempotency",
    "aws_lambda_powertools.utilities.parser",
    "aws_lambda_powertools.utilities.validation",
    "aws_xray_sdk",
    # botocore makes the same clients without it, and without S3's transfers.
    "boto3",
    "s3transfer",
    "email_validator",
    "httpx",
    # The SDK's objects: its raw requests give Stripe's JSON.
    "stripe._charge",
    "stripe.checkout",
}
WEBHOOK_DOES_WITHOUT = {
    "checkout.api.models",
    "checkout.api.refusals",
    "checkout.aws.cursor",
    "checkout.aws.dead_letters",
    "checkout.aws.publishing",
    "checkout.checkouts",
    "checkout.price_list",
    "checkout.reconciliation",
    "checkout.return_urls",
    "checkout.stripe.api",
    "checkout.stripe.catalogue",
    "pydantic",
    "pydantic_core",
    "requests",
    "stripe",
}
OF_OTHERS = {"checkout.aws.cursor", "checkout.aws.publishing", "checkout.reconciliation"}
OF_THE_WEBHOOK = {"checkout.aws.dead_letters", "checkout.deliveries", "checkout.webhook"}
OF_THE_FRONTEND = {
    "checkout.api.models",
    "checkout.checkouts",
    "checkout.price_list",
    "checkout.return_urls",
    "checkout.stripe.catalogue",
    "pydantic",
}
DOES_WITHOUT = {
    "CreateSessionFunction": (
        NOBODY_NEEDS
        | OF_OTHERS
        | OF_THE_WEBHOOK
        | {"checkout.api.trusted", "checkout.price_list", "checkout.stripe.option_types"}
    ),
    "ConfirmPaymentFunction": (
        NOBODY_NEEDS
        | OF_OTHERS
        | OF_THE_WEBHOOK
        | {"checkout.api.models", "checkout.price_list", "pydantic"}
    ),
    "StripeWebhookFunction": NOBODY_NEEDS | WEBHOOK_DOES_WITHOUT,
    "ListPricesFunction": (
        (NOBODY_NEEDS | OF_OTHERS | OF_THE_WEBHOOK | OF_THE_FRONTEND)
        - {"checkout.price_list", "checkout.stripe.catalogue"}
        | {"checkout.api.refusals", "checkout.sales"}
    ),
    "ReconcileFunction": (
        NOBODY_NEEDS | OF_THE_WEBHOOK | OF_THE_FRONTEND | {"checkout.aws.publishing"}
    )
    # Its cursor is validated with pydantic; nobody waits for its start.
    - {"pydantic"},
    "PublishChangesFunction": (
        (NOBODY_NEEDS | OF_OTHERS | OF_THE_WEBHOOK | OF_THE_FRONTEND) - {"checkout.aws.publishing"}
        | {"checkout.stripe.events", "checkout.stripe.api", "stripe"}
    ),
}


@pytest.fixture(scope="module")
def loaded(built: Path, site: Path) -> dict[str, set[str]]:
    """Return the modules that each function has loaded when all of its parts are built.

    With nothing to import from but the standard library, the layer and the function's folder.
    """
    return {
        function: modules_loaded_by(
            f"import os; os.environ.update({ENVIRONMENT | OWN_ENVIRONMENT.get(function, {})!r}); "
            "import app; "
            f"from checkout import wiring; {PARTS[function]}",
            built / function,
            site,
            isolated=True,
        )
        for function in HANDLERS
    }


@pytest.mark.parametrize("function", HANDLERS)
def test_a_function_starts_from_what_is_shipped(loaded: dict[str, set[str]], function: str) -> None:
    assert {"app", "checkout.wiring", "botocore"} <= loaded[function]
    calls_stripe = function not in {"StripeWebhookFunction", "PublishChangesFunction"}
    assert ("stripe" in loaded[function]) == calls_stripe


@pytest.mark.parametrize("function", HANDLERS)
def test_a_function_loads_nothing_that_its_path_does_not_need(
    loaded: dict[str, set[str]], function: str
) -> None:
    unneeded = DOES_WITHOUT[function]
    assert loaded[function] & unneeded == set()
    below = tuple(f"{name}." for name in unneeded)
    assert {name for name in loaded[function] if name.startswith(below)} == set()


def test_what_a_path_leaves_out_is_something_that_another_loads(
    loaded: dict[str, set[str]],
) -> None:
    """A name that nothing loads might be misspelt."""
    # When there is something to keep, or for a trusted caller: loaded by none of the parts.
    elsewhere = {
        "checkout.api.trusted",
        "checkout.aws.dead_letters",
        "checkout.stripe.option_types",
    }
    named = set().union(*DOES_WITHOUT.values()) - NOBODY_NEEDS - elsewhere
    assert set().union(*loaded.values()) >= named


def test_every_unneeded_module_exists(site: Path) -> None:
    shipped = ("aws_lambda_powertools", "boto3", "s3transfer", "stripe")
    ours = {name for name in NOBODY_NEEDS if name.startswith(shipped)}
    for name in ours:
        path = site.joinpath(*name.split("."))
        assert path.is_dir() or path.with_suffix(".py").is_file(), name
