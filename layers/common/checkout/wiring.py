"""The parts, built once per container, when first needed.

Timeouts and retries together stay inside the functions' own (template.yaml): a try at Stripe takes
at most 6 s, at DynamoDB or Secrets Manager 3 s, and each is made twice. So a function lives to say
what did not answer, and a warm-up ends within the 10 s that Lambda gives it.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING

import boto3
from aws_lambda_powertools.utilities.parameters import SecretsProvider
from botocore.config import Config

from checkout.credentials import CredentialsReader
from checkout.errors import CheckoutError
from checkout.facts import Ownership
from checkout.log import logger
from checkout.orders import Orders
from checkout.settings import Settings, required_setting

if TYPE_CHECKING:
    from checkout.events import EventRecorder
    from checkout.publishing import Publisher
    from checkout.reconciliation import Reconciliation
    from checkout.sessions import Sessions
    from checkout.stripe_api import StripeApi
    from checkout.unprocessed import UnprocessedEvents
    from checkout.webhook import WebhookVerifier

AWS_CONFIG = Config(
    connect_timeout=1,
    read_timeout=2,
    retries={"mode": "standard", "total_max_attempts": 2},
)
STRIPE_TIMEOUT = (2, 4)
STRIPE_RETRIES = 1


@cache
def settings() -> Settings:
    return Settings.from_environment()


@cache
def credentials() -> CredentialsReader:
    client = boto3.client("secretsmanager", config=AWS_CONFIG)
    return CredentialsReader(
        SecretsProvider(boto3_client=client),
        settings().stripe_secret_arn,
        livemode=settings().livemode,
    )


@cache
def orders() -> Orders:
    return Orders(boto3.client("dynamodb", config=AWS_CONFIG), settings().orders_table)


@cache
def ownership() -> Ownership:
    return Ownership(settings().stack, livemode=settings().livemode)


@cache
def webhook_verifier() -> "WebhookVerifier":
    from checkout.webhook import WebhookVerifier

    return WebhookVerifier(credentials())


@cache
def event_recorder() -> "EventRecorder":
    from checkout.events import EventRecorder

    return EventRecorder(orders(), ownership(), stripe_api)


@cache
def unprocessed_events() -> "UnprocessedEvents":
    from checkout.unprocessed import UnprocessedEvents

    client = boto3.client("sqs", config=AWS_CONFIG)
    return UnprocessedEvents(client, required_setting("UNPROCESSED_EVENTS_QUEUE_URL"))


@cache
def stripe_api() -> "StripeApi":
    # Imported here, so that the webhook's start does not pay for what only calls to Stripe need.
    import stripe

    from checkout.stripe_api import StripeApi

    client = stripe.StripeClient(
        # Each call names the key itself, for one that was rolled while this container lives.
        "read from the secret",
        base_addresses={"api": settings().stripe_api_base or stripe.DEFAULT_API_BASE},
        http_client=stripe.RequestsClient(timeout=STRIPE_TIMEOUT),
        max_network_retries=STRIPE_RETRIES,
    )
    return StripeApi(client, credentials())


@cache
def sessions() -> "Sessions":
    from checkout.sessions import Sessions

    return Sessions(settings(), stripe_api(), orders())


@cache
def reconciliation() -> "Reconciliation":
    from checkout.progress import ProgressStore
    from checkout.reconciliation import Reconciliation

    dynamodb = boto3.client("dynamodb", config=AWS_CONFIG)
    progress_store = ProgressStore(dynamodb, required_setting("RECONCILIATION_TABLE"))
    return Reconciliation(orders(), event_recorder(), stripe_api(), progress_store)


@cache
def publisher() -> "Publisher":
    from checkout.publishing import Publisher

    client = boto3.client("sns", config=AWS_CONFIG)
    return Publisher(client, required_setting("ORDER_EVENTS_TOPIC_ARN"))


def warm_up() -> None:
    """Read the secret and open DynamoDB's connection while Lambda starts the function.

    Lambda gives a starting function more CPU than its memory buys, and Stripe's customer waits for
    the first answer. What fails here fails again, and is answered, at the first request.
    https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
    """
    if "AWS_LAMBDA_FUNCTION_NAME" not in os.environ:
        return
    try:
        with ThreadPoolExecutor() as threads:
            connection = threads.submit(orders().open_connection)
            credentials().read()
            connection.result()
    except CheckoutError as error:
        logger.warning("not warm", reason=error.detail)
