"""POST /checkout/sessions/{session_id}/confirm"""

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from checkout import wiring
from checkout.api.http import json_response, returns_problems
from checkout.log import logger
from checkout.metrics import emits_metrics

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

wiring.warm_up()


@logger.inject_lambda_context(clear_state=True)
@emits_metrics
@returns_problems
def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    order = wiring.checkouts().confirm(event["pathParameters"]["session_id"])
    return json_response(
        HTTPStatus.OK,
        {
            "order_id": order.order_id,
            "session_id": order.checkout.session_id,
            "status": order.checkout.status,
            "payment_status": order.checkout.payment_status,
            "amount_total": order.checkout.amount_total,
            "amount_refunded": order.amount_refunded,
            "currency": order.checkout.currency,
        },
    )
