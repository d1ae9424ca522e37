"""`make schema`: the JSON Schema of the messages, from their dataclass."""

import json

from pydantic import TypeAdapter

from checkout.aws.publishing import OrderMessage
from checkout.domain.changes import PUBLISHED
from checkout.domain.order import OrderStatus

TITLE = "A change of an order"
ALLOWED = {
    "type": list(PUBLISHED),
    "status": list(OrderStatus),
    "payment_status": ["paid", "unpaid", "no_payment_required"],
}


def schema() -> str:
    document = TypeAdapter(OrderMessage).json_schema()
    for name, values in ALLOWED.items():
        document["properties"][name]["enum"] = values
    described = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": TITLE}
    return json.dumps(document | described, indent=2) + "\n"


if __name__ == "__main__":
    print(schema(), end="")
