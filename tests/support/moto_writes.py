"""moto's UpdateItem, with what depends on an expression's text alone done once for each text.

moto parses the expression twice at each write, and three of the ten validators that then walk
through it see neither values nor item. That is most of the 23 ms of CPU that the write of an order
takes, and the tests write the same few expressions a thousand times.
"""

from collections.abc import Callable
from functools import cache, wraps
from typing import Any

import pytest
from moto.dynamodb.parsing.expressions import (  # type: ignore[attr-defined]
    UpdateExpressionParser,
)
from moto.dynamodb.parsing.validators import (
    ActionCountValidator,
    OverlappingPathsValidator,
    UpdateExpressionValidator,
    UpdateHashRangeKeyValidator,
)

OF_THE_TEXT = (ActionCountValidator, OverlappingPathsValidator, UpdateHashRangeKeyValidator)


def once_for_each_expression(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(UpdateExpressionParser, "make", _parsed_once(UpdateExpressionParser.make))
    validate = _validated_once(UpdateExpressionValidator.validate)
    monkeypatch.setattr(UpdateExpressionValidator, "validate", validate)


def _parsed_once(make: Callable[[str], Any]) -> Callable[[str], Any]:
    """A validator works on a copy of what was parsed."""

    @cache
    def parsed(text: str) -> Any:  # noqa: ANN401  (moto has no types for it)
        expression = make(text)
        expression.text = text
        return expression

    return parsed


def _validated_once(validate: Callable[[Any], Any]) -> Callable[[Any], Any]:
    valid = set()

    @wraps(validate)
    def validated(self: Any) -> Any:  # noqa: ANN401
        names = frozenset((self.expression_attribute_names or {}).items())
        key = (self.node_to_validate.text, names, tuple(self.table.table_key_attrs))
        if key in valid:
            self.processors = [one for one in self.processors if not isinstance(one, OF_THE_TEXT)]
        node = validate(self)
        valid.add(key)
        return node

    return validated
