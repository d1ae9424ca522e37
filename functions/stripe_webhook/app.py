"""The webhook's function URL, POST /stripe/webhook, and Stripe's events from EventBridge"""

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from checkout import wiring
from checkout.api.http import header, json_response, raw_body, returns_problems
from checkout.errors import InvalidRequest, NotAuthentic, PayloadTooLarge
from checkout.log import logger
from checkout.metrics import emits_metrics
from checkout.webhook import MAX_BODY_BYTES

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

wiring.warm_up()


@logger.inject_lambda_context(clear_state=True)
@emits_metrics
def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    # Lambda adds requestContext to every HTTP request. A caller can't omit it to impersonate
    # EventBridge or a replay, which are authorised by IAM.
    if "requestContext" in event:
        return over_http(event, context)
    outcome = wiring.deliveries().process(event["detail"])
    return {"received": True, "outcome": outcome}


@returns_problems
def over_http(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    try:
        body = raw_body(event, at_most=MAX_BODY_BYTES)
    except (PayloadTooLarge, InvalidRequest) as error:
        # Stripe never sends such a request, so the sender is not Stripe.
        raise NotAuthentic(error.detail) from None
    outcome = wiring.deliveries().receive(body, header(event, "stripe-signature"))
    return json_response(HTTPStatus.OK, {"received": True, "outcome": outcome})
