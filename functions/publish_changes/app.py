"""Event source mapping of the orders table's stream: publishes order changes."""

from typing import TYPE_CHECKING, Any

from checkout import wiring
from checkout.log import logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

wiring.started()


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    failed = wiring.publisher().publish_all(event["Records"])
    return {"batchItemFailures": [{"itemIdentifier": failed}] if failed else []}
