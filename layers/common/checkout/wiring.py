"""Builds the parts of the service, each once per container, when first needed.

Timeouts and retries together fit into the functions' timeouts (template.yaml): a call to Stripe
takes at most 6 s, to DynamoDB or Secrets Manager 3 s, and each has one retry. So a function can
report what did not respond, and a warm-up ends within Lambda's 10 s.
"""

import gc
import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING

from checkout.aws import clients
from checkout.aws.orders_table import OrdersTable
from checkout.credentials import CredentialsReader
from checkout.errors import CheckoutError
from checkout.log import logger
from checkout.recorder import Recorder
from checkout.settings import Settings, required_setting
from checkout.stripe.readers import Readers
from checkout.version import NAME, VERSION

if TYPE_CHECKING:
    from checkout.aws.dead_letters import DeadLetters, UnpublishedChanges
    from checkout.aws.publishing import Publisher
    from checkout.checkouts import Checkouts
    from checkout.deliveries import Deliveries
    from checkout.price_list import PriceList
    from checkout.reconciliation import Reconciliation, SelectedOrders
    from checkout.stripe.api import StripeApi

STRIPE_TIMEOUT = (2, 4)
STRIPE_RETRIES = 1


@cache
def settings() -> Settings:
    return Settings.from_environment()


@cache
def credentials() -> CredentialsReader:
    client = clients.client("secretsmanager")
    return CredentialsReader(client, settings().stripe_secret_arn, livemode=settings().livemode)


@cache
def orders() -> OrdersTable:
    return OrdersTable(clients.client("dynamodb"), settings().orders_table)


@cache
def readers() -> Readers:
    return Readers(settings().stack, livemode=settings().livemode)


@cache
def recorder() -> Recorder:
    return Recorder(orders(), readers(), stripe_api)


@cache
def deliveries() -> "Deliveries":
    from checkout.deliveries import Deliveries
    from checkout.stripe.events import EventReader
    from checkout.webhook import WebhookVerifier

    verifier = WebhookVerifier(credentials())
    return Deliveries(verifier, EventReader(readers(), stripe_api), recorder(), dead_letters)


@cache
def dead_letters() -> "DeadLetters":
    from checkout.aws.dead_letters import DeadLetters

    return DeadLetters(
        clients.client("sqs"),
        required_setting("UNPROCESSED_EVENTS_QUEUE_URL"),
        clients.client("dynamodb"),
        required_setting("DEAD_LETTERED_EVENTS_TABLE"),
    )


@cache
def unpublished_changes() -> "UnpublishedChanges":
    from checkout.aws.dead_letters import UnpublishedChanges

    client = clients.client("sqs")
    return UnpublishedChanges(client, required_setting("UNPUBLISHED_CHANGES_QUEUE_URL"))


@cache
def stripe_api() -> "StripeApi":
    # Imported here: the webhook's start does not need it, only calls to Stripe do.
    import stripe

    from checkout.stripe.api import StripeApi

    # Set for the process: the SDK's clients have no such setting.
    stripe.set_app_info(NAME, version=VERSION)
    client = stripe.StripeClient(
        # Each call passes the current key, which may be rolled while this container runs.
        "read from the secret",
        base_addresses={"api": settings().stripe_api_base or stripe.DEFAULT_API_BASE},
        http_client=stripe.RequestsClient(timeout=STRIPE_TIMEOUT),
        max_network_retries=STRIPE_RETRIES,
    )
    return StripeApi(client, credentials())


@cache
def checkouts() -> "Checkouts":
    from checkout.checkouts import Checkouts
    from checkout.stripe.catalogue import Catalogue

    catalogue = Catalogue(stripe_api(), only_marked=settings().only_marked_prices)
    return Checkouts(settings(), stripe_api(), catalogue, orders(), recorder())


@cache
def trusted_checkouts() -> "Checkouts":
    return checkouts().for_trusted_callers()


@cache
def price_list() -> "PriceList":
    from checkout.price_list import PriceList

    return PriceList(stripe_api(), only_marked=settings().only_marked_prices)


@cache
def reconciliation() -> "Reconciliation":
    from checkout.aws.cursor import CursorStore
    from checkout.reconciliation import Reconciliation

    dynamodb = clients.client("dynamodb")
    cursor_store = CursorStore(dynamodb, required_setting("RECONCILIATION_TABLE"))
    return Reconciliation(orders(), recorder(), stripe_api(), cursor_store)


@cache
def selected_orders() -> "SelectedOrders":
    from checkout.reconciliation import SelectedOrders

    return SelectedOrders(orders(), recorder(), stripe_api())


@cache
def publisher() -> "Publisher":
    from checkout.aws.publishing import Publisher

    client = clients.client("sns")
    return Publisher(client, required_setting("ORDER_EVENTS_TOPIC_ARN"), unpublished_changes)


def warm_up(*, writes_orders: bool = True) -> None:
    """Read the secret and open DynamoDB's connection while Lambda starts the function.

    With `writes_orders` false, no connection is opened: the role does not allow it.

    Lambda gives a starting function extra CPU, and Stripe's customer waits for the first response.
    A failure here is ignored: the first request fails with the same error.
    https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
    """
    if "AWS_LAMBDA_FUNCTION_NAME" not in os.environ:
        return
    try:
        with ThreadPoolExecutor() as threads:
            connection = threads.submit(orders().open_connection) if writes_orders else None
            credentials().read()
            if connection:
                connection.result()
    except CheckoutError as error:
        logger.warning("not warm", reason=error.detail)
    started()


def started() -> None:
    """Turn on garbage collection, which checkout/__init__.py turned off; a start's last step.

    Imported objects stay alive, so collections need not scan them.
    https://docs.python.org/3/library/gc.html#gc.freeze
    """
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
