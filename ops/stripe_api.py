"""Stripe's API, called with the key in the stack's secret."""

from checkout.credentials import CredentialsReader
from checkout.stripe.api import StripeApi
from ops import stripe_keys
from ops.stack import Stack


def stripe_api(stack: Stack) -> StripeApi:
    """Calls raise the errors of checkout/stripe/errors.py, and Misconfigured without a secret."""
    environment = stack.environment
    credentials = CredentialsReader(
        environment.aws.secrets, stack.output("StripeSecretArn"), livemode=stack.livemode
    )
    # Each call passes the key itself.
    client = stripe_keys.client(environment, "read from the secret")
    return StripeApi(client, credentials)
