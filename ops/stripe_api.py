"""Stripe, as the deployed stack calls it: with the key of its secret."""

import logging

import stripe

from checkout.credentials import CredentialsReader

# Before the Stripe SDK: it turns off what would make libraries log payloads.
from checkout.log import logger
from checkout.stripe.api import StripeApi
from ops.stack import Stack

TIMEOUT = (5, 30)
RETRIES = 2


def stripe_api(stack: Stack) -> StripeApi:
    """Its calls raise what checkout/stripe/errors.py says; a missing secret is Misconfigured."""
    # What the layer logs is for CloudWatch; an operator gets one line for an error.
    logger.setLevel(logging.CRITICAL)
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
