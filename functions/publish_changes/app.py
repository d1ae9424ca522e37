"""The orders table's stream"""

from typing import TYPE_CHECKING, Any

from checkout import wiring
from checkout.log import logger
from checkout.publishing import order_message

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Publish each change in the order of the stream, up to the first that fails.

    Lambda repeats from that one on, so that an order's changes stay in order.
    https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
    """
    for record in event["Records"]:
        try:
            message = order_message(record["dynamodb"]["NewImage"])
            wiring.publisher().publish(message)
            logger.info("published", message_id=message.id, type=message.type)
        except Exception:
            number = record["dynamodb"]["SequenceNumber"]
            logger.exception("not published", sequence_number=number)
            return {"batchItemFailures": [{"itemIdentifier": number}]}
    return {"batchItemFailures": []}
