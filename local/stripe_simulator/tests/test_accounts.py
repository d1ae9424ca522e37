"""Whose account it is, and who and what else a request may speak of."""

import pytest
import stripe

from stripe_simulator.api.masking import masked
from stripe_simulator.testing import SECRET_KEY, Running, Shop
from support.refusals import refused


def test_account_may_charge(sdk: stripe.StripeClient) -> None:
    account = sdk.v1.accounts.retrieve_current()
    assert account.id.startswith("acct_")
    assert (account.charges_enabled, account.country) == (True, "US")
    assert account.settings is not None
    assert account.settings.dashboard.display_name == "Example shop"


@pytest.mark.parametrize("version", ["1999-01-01", "2026-10-28.dahlia", "latest"])
def test_unknown_version_is_refused(simulator: Running, version: str) -> None:
    client = stripe.StripeClient(
        simulator.secret_key,
        base_addresses={"api": simulator.url},
        stripe_version=version,
        max_network_retries=0,
    )
    with refused(400, f"Invalid Stripe API version: {version}"):
        client.v1.products.list()


@pytest.mark.parametrize(
    "version", ["2024-06-20", "2026-10-28.endive; a_beta=v1", "2026-10-28.preview"]
)
def test_older_and_preview_versions_are_taken(sdk: stripe.StripeClient, version: str) -> None:
    assert sdk.v1.products.list(options={"stripe_version": version}).data == []


def test_another_account_is_refused(sdk: stripe.StripeClient) -> None:
    own = sdk.v1.accounts.retrieve_current().id
    assert sdk.v1.products.list(options={"stripe_account": own}).data == []
    message = (
        f"The provided key '{masked(SECRET_KEY)}' does not have access to account 'acct_other' "
        "(or that account does not exist). Application access may have been revoked."
    )
    with refused(403, message, code="account_invalid"):
        sdk.v1.products.list(options={"stripe_account": "acct_other"})
    with refused(403, message, code="account_invalid"):
        sdk.v1.products.list(options={"stripe_context": "acct_other"})


def test_deleted_customer_stays_as_that(sdk: stripe.StripeClient, shop: Shop) -> None:
    customer = sdk.v1.customers.create({"name": "Jenny"})
    session = shop.session(customer=customer.id)
    sdk.v1.customers.delete(customer.id)
    deleted = {"id": customer.id, "object": "customer", "deleted": True}
    assert sdk.v1.customers.retrieve(customer.id).to_dict() == deleted
    shown = sdk.v1.checkout.sessions.retrieve(session.id, {"expand": ["customer"]})
    assert shown.to_dict()["customer"] == deleted
    assert sdk.v1.customers.list().data == []
    with refused(404, f"No such customer: '{customer.id}'", code="resource_missing", param="id"):
        sdk.v1.customers.update(customer.id, {"name": "Ann"})
