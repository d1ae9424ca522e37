"""The example reads where to ship from Stripe, with a key of its own, and keeps none of it."""

import json

import pytest
import stripe
import urllib3

from fulfilment import app
from fulfilment.addresses import AddressUnknown, ShippingAddress, shipping_address
from tests.support.documents import Json
from tests.support.environment import Log, Secret, client_under_test
from tests.support.stack import SECRET_NAME

KEY = "rk_test_fulfilment"
SESSION = "cs_test_a1B2c3"
DETAILS: Json = {
    "name": "Ada Lovelace",
    "address": {"line1": "12 St James's Square", "line2": None, "city": "London", "country": "GB"},
}


class Response:
    def __init__(self, status: int, document: object) -> None:
        self.status = status
        self.data = json.dumps(document).encode()


def respond(
    monkeypatch: pytest.MonkeyPatch, response: Response | Exception
) -> list[tuple[str, str, str]]:
    """Let Stripe respond; give what it was asked: method, URL, authorization."""
    asked: list[tuple[str, str, str]] = []

    def request(method: str, url: str, *, headers: dict[str, str], **_: object) -> Response:
        asked.append((method, url, headers["authorization"]))
        # The version of the account may have the address elsewhere.
        assert headers.get("stripe-version") == stripe.api_version
        if isinstance(response, Exception):
            raise response
        return response

    monkeypatch.setattr(urllib3, "request", request)
    return asked


def session(collected: object) -> Response:
    return Response(200, {"id": SESSION, "collected_information": collected})


def test_the_address_is_asked_for_by_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = respond(monkeypatch, session({"shipping_details": DETAILS}))
    assert shipping_address(SESSION, KEY) == ShippingAddress(
        name="Ada Lovelace", line1="12 St James's Square", city="London", country="GB"
    )
    url = f"https://api.stripe.com/v1/checkout/sessions/{SESSION}"
    assert asked == [("GET", url, f"Bearer {KEY}")]


@pytest.mark.parametrize("collected", [None, {}, {"shipping_details": None}])
def test_a_checkout_without_an_address_has_none(
    monkeypatch: pytest.MonkeyPatch, collected: object
) -> None:
    respond(monkeypatch, session(collected))
    assert shipping_address(SESSION, KEY) is None


@pytest.mark.parametrize(
    "response",
    [
        Response(401, {"error": {"message": "Invalid API Key: rk_test_****"}}),
        Response(500, DETAILS),
        urllib3.exceptions.ConnectTimeoutError("Ada Lovelace"),
    ],
)
def test_what_stripe_does_not_give_is_retried(
    monkeypatch: pytest.MonkeyPatch, response: Response | Exception
) -> None:
    respond(monkeypatch, response)
    with pytest.raises(AddressUnknown) as raised:
        shipping_address(SESSION, KEY)
    assert "Ada" not in str(raised.value)
    assert "rk_test" not in str(raised.value)


def test_the_key_is_the_services_own_secret(
    monkeypatch: pytest.MonkeyPatch, secret: Secret, log: Log
) -> None:
    secret.put(KEY)
    monkeypatch.setenv("STRIPE_KEY_SECRET_ARN", SECRET_NAME)
    monkeypatch.setattr(app, "secrets", lambda: client_under_test("secretsmanager"))
    asked = respond(monkeypatch, session({"shipping_details": DETAILS}))
    found = app.address_of(SESSION)
    assert found is not None
    assert found.country == "GB"
    assert asked[0][2] == f"Bearer {KEY}"
    assert "Ada" not in log.text


def test_without_a_key_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_KEY_SECRET_ARN", "")
    asked = respond(monkeypatch, session({"shipping_details": DETAILS}))
    assert app.address_of(SESSION) is None
    assert asked == []
