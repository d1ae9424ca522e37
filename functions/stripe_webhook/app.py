"""The webhook's function URL, POST /stripe/webhook, and Stripe's events from EventBridge"""

from typing import TYPE_CHECKING, Any

from checkout import wiring
from checkout.errors import InvalidRequest, NotAuthentic, PayloadTooLarge, is_transient
from checkout.http import answers_problems, header, json_answer, raw_body
from checkout.log import logger
from checkout.webhook import MAX_BODY_BYTES

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

wiring.warm_up()


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    # Lambda writes this part of a request that came over HTTP: nobody can leave it out, to pass
    # for EventBridge or for a replay, whose callers IAM has let in.
    if "requestContext" in event:
        return over_http(event, context)
    outcome = wiring.event_recorder().record(event["detail"])
    logger.info("received", outcome=outcome)
    return {"received": True, "outcome": outcome}


@answers_problems
def over_http(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    try:
        body = raw_body(event, at_most=MAX_BODY_BYTES)
    except (PayloadTooLarge, InvalidRequest) as error:
        # Stripe sends nothing of the kind: whatever it is, it is not Stripe's.
        raise NotAuthentic(error.detail) from None
    document = wiring.webhook_verifier().authentic_event(body, header(event, "stripe-signature"))
    try:
        outcome = wiring.event_recorder().record(document)
    except Exception as error:
        if not is_transient(error):
            wiring.unprocessed_events().keep(document, error)
        raise
    logger.info("received", outcome=outcome)
    return json_answer(200, {"received": True, "outcome": outcome})
