"""GET /checkout/prices"""

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from checkout import wiring
from checkout.api.http import json_response, returns_problems
from checkout.log import logger
from checkout.metrics import emits_metrics

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

MAX_AGE_SECONDS = 60

wiring.warm_up(writes_orders=False)


@logger.inject_lambda_context(clear_state=True)
@emits_metrics
@returns_problems
def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    prices = wiring.price_list().prices()
    return json_response(HTTPStatus.OK, {"prices": prices}, max_age_seconds=MAX_AGE_SECONDS)
