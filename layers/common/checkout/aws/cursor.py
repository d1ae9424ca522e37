"""How far the reconciliation has come, kept between its runs in a table of its own."""

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from checkout.errors import OrdersUnavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NAME = {"name": {"S": "reconciliation"}}


@dataclass(slots=True)
class Listing:
    """A look at Stripe's lists, the refunds' first: from the newest down to those of `since`.

    `after` is the last one that was looked at, in the list that `kind` names.
    """

    started: int
    since: int
    sweep: bool
    kind: str = "refunds"
    after: str | None = None


@dataclass(slots=True)
class Progress:
    """Moments are in seconds since 1970 UTC.

    `shard` and `after` are where the last look at the unsettled orders was cut off, `listing` where
    that at Stripe's lists was; the refunds and disputes made before `listed_until` were listed, and
    those of `swept_at` once more.
    """

    shard: int = 0
    after: dict[str, Any] | None = None
    listed_until: int = 0
    swept_at: int = 0
    listing: Listing | None = None


class ProgressStore:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def read(self) -> Progress:
        try:
            answer = self._client.get_item(TableName=self._table, Key=NAME, ConsistentRead=True)
        except (BotoCoreError, ClientError) as error:
            raise OrdersUnavailable("The progress could not be read.") from error
        if "Item" not in answer:
            return Progress()
        progress = Progress(**json.loads(answer["Item"]["progress"]["S"]))
        if isinstance(progress.listing, dict):
            progress.listing = Listing(**progress.listing)
        return progress

    def save(self, progress: Progress) -> None:
        text = json.dumps(asdict(progress))
        try:
            self._client.put_item(TableName=self._table, Item=NAME | {"progress": {"S": text}})
        except (BotoCoreError, ClientError) as error:
            raise OrdersUnavailable("The progress could not be saved.") from error
