"""The reconciliation cursor: the progress of the last run, in a table of its own.

If it is lost or can't be read, reconciliation restarts from the beginning. It holds timestamps
only, because an object id can become unknown to Stripe, and an index key can become invalid.
"""

from typing import TYPE_CHECKING, Annotated, Any

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from checkout.errors import OrdersUnavailable
from checkout.log import logger

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NAME = {"name": {"S": "reconciliation"}}

# In seconds since 1970 UTC.
type Seconds = Annotated[int, Field(ge=0)]


class _Stored(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class ListCursor(_Stored):
    """The progress in one of Stripe's lists.

    Objects created before `listed_until` were listed; at `swept_at` the whole period was. If
    `resume_at` is set, a list of objects created before `pass_until` was interrupted, and continues
    with those created at `resume_at` or earlier.
    """

    listed_until: Seconds = 0
    swept_at: Seconds = 0
    pass_until: Seconds = 0
    resume_at: Seconds | None = None

    def is_ahead_of(self, now: int) -> bool:
        return max(self.listed_until, self.swept_at, self.pass_until) > now


class Cursor(_Stored):
    """`retrieved`: created_at and id of the last order whose session was retrieved by itself."""

    complete: ListCursor = Field(default_factory=ListCursor)
    expired: ListCursor = Field(default_factory=ListCursor)
    refunds: ListCursor = Field(default_factory=ListCursor)
    disputes: ListCursor = Field(default_factory=ListCursor)
    retrieved: tuple[Seconds, str] | None = None

    def is_ahead_of(self, now: int) -> bool:
        """True if a timestamp is in the future, so that objects would be skipped."""
        lists = (self.complete, self.expired, self.refunds, self.disputes)
        return any(one.is_ahead_of(now) for one in lists)


class CursorStore:
    """Reads and saves the cursor; raises OrdersUnavailable if the table does not respond."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def read(self, now: int) -> Cursor:
        """Return the saved cursor, or a new one if the saved one is impossible at `now`."""
        try:
            response = self._client.get_item(TableName=self._table, Key=NAME, ConsistentRead=True)
        except (BotoCoreError, ClientError) as error:
            raise OrdersUnavailable("The reconciliation cursor can't be read.") from error
        if "Item" not in response:
            return Cursor()
        cursor = _cursor_from_item(response["Item"])
        if cursor is None or cursor.is_ahead_of(now):
            logger.warning("cursor not usable", consequence="reconciliation starts over")
            return Cursor()
        return cursor

    def save(self, cursor: Cursor) -> None:
        item: Any = NAME | {"cursor": {"S": cursor.model_dump_json()}}
        try:
            self._client.put_item(TableName=self._table, Item=item)
        except (BotoCoreError, ClientError) as error:
            raise OrdersUnavailable("The reconciliation cursor can't be saved.") from error


def _cursor_from_item(item: Any) -> Cursor | None:  # noqa: ANN401  (it may be of any shape)
    try:
        return Cursor.model_validate_json(item["cursor"]["S"])
    except (KeyError, TypeError, ValidationError):
        return None
