"""Which refunds in a message hold an order of examples/fulfilment/."""

import json

import pytest

from fulfilment.messages import read_message
from tests.support.fulfilling import TOTAL, published


@pytest.mark.parametrize(
    ("returned", "hold"), [(700, "refunded"), (699, None), (0, None), (TOTAL, "refunded")]
)
def test_all_that_was_captured_may_be_refunded(returned: int, hold: str | None) -> None:
    (paid,) = published()
    captured_in_part = {"amount_captured": 700, "amount_refunded": returned}
    message = read_message(json.dumps(paid | captured_in_part))
    assert message is not None
    assert message.hold == hold


@pytest.mark.parametrize(("returned", "hold"), [(TOTAL, "refunded"), (TOTAL - 1, None)])
def test_a_message_from_before_partial_captures_is_read(returned: int, hold: str | None) -> None:
    """As a redriven dead letter, or from a checkout stack that is deployed later."""
    (paid,) = published()
    earlier = {name: value for name, value in paid.items() if name != "amount_captured"}
    message = read_message(json.dumps(earlier | {"amount_refunded": returned}))
    assert message is not None
    assert message.hold == hold
