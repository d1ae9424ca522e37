"""Stripe, as the deployed stack calls it: with the key of its secret."""

from checkout.credentials import CredentialsReader
from checkout.stripe.api import StripeApi
from ops import stripe_keys
from ops.stack import Stack


def stripe_api(stack: Stack) -> StripeApi:
    """Its calls raise what checkout/stripe/errors.py says; a missing secret is Misconfigured."""
    environment = stack.environment
    credentials = CredentialsReader(
        environment.aws.secrets, stack.output("StripeSecretArn"), livemode=stack.livemode
    )
    # Each call names the key itself.
    client = stripe_keys.client(environment, "read from the secret")
    return StripeApi(client, credentials)
