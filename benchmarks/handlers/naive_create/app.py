"""Creates a checkout in the way of tutorials (see naive_webhook)."""

import os
from typing import Any

import boto3
import stripe
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

logger = Logger()
metrics = Metrics()
app = APIGatewayHttpResolver(enable_validation=True)
table = boto3.resource("dynamodb").Table(os.environ["ORDERS_TABLE"])


class Item(BaseModel):
    price: str
    quantity: int


class Cart(BaseModel):
    items: list[Item]
    customer_email: str
    client_reference_id: str
    success_url: str
    cancel_url: str


@app.post("/checkout/sessions")
def create(cart: Cart) -> Response[str]:
    secret: Any = parameters.get_secret(
        os.environ["STRIPE_SECRET_ARN"], transform="json", max_age=300
    )
    client = stripe.StripeClient(
        secret["stripe_api_key"], base_addresses={"api": os.environ["STRIPE_API_BASE"]}
    )
    session = client.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "line_items": [{"price": one.price, "quantity": one.quantity} for one in cart.items],
            "customer_email": cart.customer_email,
            "client_reference_id": cart.client_reference_id,
            "success_url": cart.success_url,
            "cancel_url": cart.cancel_url,
        }
    )
    table.put_item(
        Item={
            "order_id": session.id,
            "status": session.status,
            "amount_total": session.amount_total,
            "currency": session.currency,
        }
    )
    logger.info("created", session_id=session.id)
    metrics.add_metric("CheckoutsCreated", MetricUnit.Count, 1)
    return Response(201, "application/json", f'{{"url": "{session.url}"}}')


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)
