"""Stripe, as the deployed stack calls it: with the key of its secret."""

import stripe

from checkout.credentials import CredentialsReader
from checkout.stripe.api import StripeApi
from ops.stack import Stack

TIMEOUT = (5, 30)
RETRIES = 2


def stripe_api(stack: Stack) -> StripeApi:
    """Its calls raise what checkout/stripe/errors.py says; a missing secret is Misconfigured."""
    environment = stack.environment
    credentials = CredentialsReader(
        environment.aws.secrets, stack.output("StripeSecretArn"), livemode=stack.livemode
    )
    client = stripe.StripeClient(
        # Each call names the key itself.
        "read from the secret",
        base_addresses={"api": environment.stripe_url or stripe.DEFAULT_API_BASE},
        http_client=stripe.RequestsClient(timeout=TIMEOUT),
        max_network_retries=RETRIES,
    )
    return StripeApi(client, credentials)
