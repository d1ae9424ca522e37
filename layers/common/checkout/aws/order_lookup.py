"""Complete orders with their history, for operators, by the ids that a customer knows.

No Lambda function uses it. botocore's errors are raised: operators should see them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from checkout.aws.order_item import StoredOrder, stored_from_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from checkout.aws.attributes import Attributes

PAYMENT_INTENT = "payment_intent"
CLIENT_REFERENCE_ID = "client_reference_id"


@dataclass(frozen=True, slots=True)
class OrderLookup:
    client: "DynamoDBClient"
    table: str

    def find(self, order_id: str) -> StoredOrder | None:
        """Find an order; raise OrderUnreadable if this version does not understand it."""
        key: Any = {"order_id": {"S": order_id}}
        response = self.client.get_item(TableName=self.table, Key=key, ConsistentRead=True)
        return stored_from_item(response["Item"]) if "Item" in response else None

    def of_payment(self, payment_intent: str) -> Iterator[str]:
        """Return the id of the order of a PaymentIntent; wait up to a second for the index."""
        return self._ids(PAYMENT_INTENT, payment_intent)

    def of_client_reference(self, client_reference_id: str) -> Iterator[str]:
        """Return the ids of the orders with a client_reference_id, newest first."""
        return self._ids(CLIENT_REFERENCE_ID, client_reference_id)

    def changed_since(self, since: int) -> "Iterator[tuple[int, Sequence[Attributes]]]":
        """Scan the table; yield each page's number of items, and its items changed since then.

        `since` is in seconds since 1970 UTC. Every page costs its full size in read capacity.
        """
        pages = self.client.get_paginator("scan").paginate(
            TableName=self.table,
            FilterExpression="updated_at >= :since",
            ExpressionAttributeValues={":since": {"N": str(since)}},
        )
        for page in pages:
            yield page["ScannedCount"], page["Items"]

    def _ids(self, index: str, value: str) -> Iterator[str]:
        """Query an index; an index has the name of its key."""
        pages = self.client.get_paginator("query").paginate(
            TableName=self.table,
            IndexName=index,
            KeyConditionExpression="#key = :value",
            ExpressionAttributeNames={"#key": index},
            ExpressionAttributeValues={":value": {"S": value}},
            ScanIndexForward=False,
        )
        for page in pages:
            for item in page["Items"]:
                yield item["order_id"]["S"]
