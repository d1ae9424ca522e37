"""Converts DynamoDB attribute values to and from Python, for the types that an order has.

boto3 has such a converter too, but importing it lengthens every cold start.
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

type Attributes = Mapping[str, AttributeValueTypeDef]


def to_attribute(value: object) -> "AttributeValueTypeDef":
    """Convert None, strings, integers, lists, tuples and mappings of them; raise TypeError."""
    match value:
        case None:
            return {"NULL": True}
        case str():
            return {"S": str(value)}
        case int() if not isinstance(value, bool):
            return {"N": str(value)}
        case list() | tuple():
            return {"L": [to_attribute(one) for one in value]}
        case Mapping():
            return {"M": {str(name): to_attribute(one) for name, one in value.items()}}
        case _:
            raise TypeError(f"{type(value).__name__} is not stored in an order.")


def from_attribute(attribute: "AttributeValueTypeDef") -> Any:  # noqa: ANN401  (whatever was stored)
    """Convert to Python; raise ValueError for a type that no order has."""
    ((kind, value),) = cast("Mapping[str, Any]", attribute).items()
    match kind:
        case "S":
            return value
        case "N":
            return int(value)
        case "L":
            return [from_attribute(one) for one in value]
        case "M":
            return {name: from_attribute(one) for name, one in value.items()}
        case "NULL":
            return None
        case _:
            raise ValueError(f"An attribute of type {kind} is not an order's.")
