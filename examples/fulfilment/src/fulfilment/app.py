"""The function behind the queue of order messages."""

import os
import time
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)

from fulfilment.addresses import ShippingAddress, shipping_address, stripe_key
from fulfilment.messages import PAID, OrderMessage, read_message
from fulfilment.shipments import Shipments
from fulfilment.shipping import logger, recall, ship

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_secretsmanager import SecretsManagerClient

# Only a failed message stays in the queue. If all messages of a batch fail, the function still
# succeeds: they end in the dead-letter queue like any other.
processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> "PartialItemFailureResponse":
    return process_partial_response(
        event=event, record_handler=record_handler, processor=processor, context=context
    )


def record_handler(record: "SQSRecord", lambda_context: "LambdaContext") -> None:
    """Raise on any problem with a message: SQS retries it, and finally dead-letters it."""
    with logger.append_context_keys(sqs_message_id=record.message_id):
        try:
            message = read_message(record.body)
            if message is None:
                logger.info("ignored")
                return
            now = time.time()
            seconds_left = lambda_context.get_remaining_time_in_millis() / 1000
            fulfil(message, shipments(), now=now, until=now + seconds_left)
            logger.info("handled", message_id=message.id, type=message.type)
        except Exception:
            logger.exception("not processed")
            raise


def fulfil(message: OrderMessage, shipments: Shipments, *, now: float, until: float) -> None:
    """Store a message, and ship its order if due; raise BeingShipped, or what `ship` raises.

    `until` is the latest end of this invocation. Both are in seconds since 1970 UTC.
    """
    order_id = message.order_id
    before = shipments.note_state(message)
    if before and message.hold and before.keys() & {"shipped_at", "claimed_until"}:
        recall(order_id, message.hold)
    if message.type == PAID and message.items:
        shipments.note_items(order_id, message.items)
    items = shipments.claim(order_id, now=now, until=until)
    if items is not None:
        ship(order_id, items, address_of(message.session_id))
        shipments.note_shipped(order_id, now=now)


def address_of(session_id: str) -> ShippingAddress | None:
    """Read the address from Stripe; None if this service has no Stripe key."""
    secret_arn = os.environ.get("STRIPE_KEY_SECRET_ARN")
    if not secret_arn:
        return None
    return shipping_address(session_id, stripe_key(secrets(), secret_arn))


@cache
def secrets() -> "SecretsManagerClient":
    return boto3.client("secretsmanager")


@cache
def shipments() -> Shipments:
    return Shipments(boto3.resource("dynamodb").Table(os.environ["SHIPMENTS_TABLE"]))
