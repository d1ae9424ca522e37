"""A webhook in the way of tutorials: boto3's resource, Powertools for everything, pydantic.

Powertools checks the event (parser), reads the secret (parameters), routes (event handler), and
remembers processed events (idempotency), which the service does with the order's own write.
"""

import os
from typing import Any

import boto3
import stripe
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.parser import parse
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

logger = Logger()
metrics = Metrics()
app = APIGatewayHttpResolver(enable_validation=True)
table = boto3.resource("dynamodb").Table(os.environ["ORDERS_TABLE"])
processed = DynamoDBPersistenceLayer(table_name="processed-events")
by_id = IdempotencyConfig(event_key_jmespath="id")


class Session(BaseModel):
    id: str
    payment_status: str
    amount_total: int
    currency: str
    metadata: dict[str, str]


@app.post(".*")
def receive() -> Response[str]:
    secret: Any = parameters.get_secret(
        os.environ["STRIPE_SECRET_ARN"], transform="json", max_age=300
    )
    event = stripe.Webhook.construct_event(
        app.current_event.decoded_body or "",
        app.current_event.headers["stripe-signature"],
        secret["webhook_signing_secrets"][0],
    )
    record(event=event.to_dict())
    return Response(200, "application/json", '{"received": true}')


@idempotent_function(  # type: ignore[untyped-decorator]
    data_keyword_argument="event", persistence_store=processed, config=by_id
)
def record(*, event: dict[str, Any]) -> str:
    session = parse(event["data"]["object"], model=Session)
    table.update_item(
        Key={"order_id": session.metadata["order_id"]},
        UpdateExpression="SET #status = :status, amount_total = :total, currency = :currency",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={
            ":status": session.payment_status,
            ":total": session.amount_total,
            ":currency": session.currency,
        },
        ReturnValues="ALL_NEW",
    )
    logger.info("updated", order_id=session.metadata["order_id"])
    metrics.add_metric("WebhooksApplied", MetricUnit.Count, 1)
    return session.id


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
