"""The webhook's function URL, and POST /stripe/webhook"""

from typing import TYPE_CHECKING, Any

from checkout import wiring
from checkout.errors import InvalidRequest, NotAuthentic, PayloadTooLarge
from checkout.http import answers_problems, header, json_answer, raw_body
from checkout.log import logger
from checkout.webhook import MAX_BODY_BYTES

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

wiring.warm_up()


@logger.inject_lambda_context(clear_state=True)
@answers_problems
def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    try:
        body = raw_body(event, at_most=MAX_BODY_BYTES)
    except (PayloadTooLarge, InvalidRequest) as error:
        # Stripe sends nothing of the kind: whatever it is, it is not Stripe's.
        raise NotAuthentic(error.detail) from None
    outcome = wiring.webhook_receiver().receive(body, header(event, "stripe-signature"))
    logger.info("received", outcome=outcome)
    return json_answer(200, {"received": True, "outcome": outcome})
