"""The account object, in its owner's view."""

import stripe

from stripe_simulator.api.parameters import Parameters
from stripe_simulator.documents import Json
from stripe_simulator.objects.account import Account
from stripe_simulator.objects.shapes import declared

COUNTRY = "US"
CURRENCY = "usd"


def retrieve(account: Account, _: Parameters) -> Json:
    name = account.settings.shop_name
    settings = stripe.Account.Settings
    return declared(
        stripe.Account,
        business_profile=declared(stripe.Account.BusinessProfile, name=name),
        business_type="company",
        capabilities={"card_payments": "active", "sepa_debit_payments": "active"},
        charges_enabled=True,
        country=COUNTRY,
        created=account.created,
        default_currency=CURRENCY,
        details_submitted=True,
        email=None,
        id=account.id,
        metadata={},
        payouts_enabled=True,
        settings=declared(
            settings,
            branding=declared(settings.Branding),
            card_payments=declared(settings.CardPayments),
            dashboard=declared(settings.Dashboard, display_name=name, timezone="Etc/UTC"),
            payments=declared(settings.Payments, statement_descriptor="SIMULATOR"),
        ),
        type="standard",
    )
