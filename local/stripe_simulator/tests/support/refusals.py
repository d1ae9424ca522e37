"""What Stripe refuses, as the SDK raises it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import stripe


@contextmanager
def refused(
    status: int,
    message: str,
    *,
    code: str | None = None,
    param: str | None = None,
    type_: str = "invalid_request_error",
) -> Iterator[None]:
    """The SDK's call in here is refused, and with just this error of Stripe's."""
    with pytest.raises(stripe.StripeError) as caught:
        yield
    body: Any = caught.value.json_body
    error = body["error"]
    seen = (caught.value.http_status, error["message"], error.get("code"), error.get("param"))
    assert seen == (status, message, code, param)
    assert error["type"] == type_
