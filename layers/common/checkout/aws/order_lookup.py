"""Orders as an operator reads them: whole, with their history, by what a customer knows of them.

No function needs it. Raise botocore's errors: an operator should see what AWS refuses.
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
        """Raise OrderUnreadable for one that this version does not understand."""
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
        """Read the whole table, page by page: how many items a page had, and those changed since.

        `since` is in seconds since 1970 UTC. A page costs its size, whatever is changed in it.
        """
        pages = self.client.get_paginator("scan").paginate(
            TableName=self.table,
            FilterExpression="updated_at >= :since",
            ExpressionAttributeValues={":since": {"N": str(since)}},
        )
        for page in pages:
            yield page["ScannedCount"], page["Items"]

    def _ids(self, index: str, value: str) -> Iterator[str]:
        """Query an index, which is named after its key."""
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
