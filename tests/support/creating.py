"""The handler of create_session, with a fake Stripe that creates sessions."""

import copy
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import stripe

from checkout.api.models import CheckoutRequest
from checkout.aws.orders_table import OrdersTable
from checkout.checkouts import Checkouts
from checkout.credentials import CredentialsReader
from checkout.errors import FieldError, InvalidRequest
from checkout.recorder import Recorder
from checkout.settings import Settings
from checkout.stripe.catalogue import Catalogue
from tests.support.documents import Json
from tests.support.environment import Clock
from tests.support.fake_stripe import FakeStripe, Response, StripeRequest
from tests.support.handlers import handler_of
from tests.support.invocations import sample
from tests.support.stack import TABLE
from tests.support.stripe_objects import NOW, line_item, listed, price, session

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PRICE = "price_1abc"
OTHER_PRICE = "price_2def"
MUG = "price_1mug"
# Stripe expands so many line items: https://docs.stripe.com/expand
EXPANDED = 10
SESSIONS = "/v1/checkout/sessions"
CREATE = ("post", SESSIONS)
LOOK_UP = ("get", "/v1/prices")
# Stripe's messages.
RECURRING = (
    "You specified `payment` mode but passed a recurring price. Either switch to `subscription` "
    "mode or use only one-time prices."
)
INACTIVE = "The price specified is inactive. This field only accepts active prices."
PRODUCT_INACTIVE = (
    "Price `price_1abc` is not available to be purchased because its product is not active."
)


def expire(number: int) -> tuple[str, str]:
    """Return the call that expires the session with this number."""
    return "post", f"{SESSIONS}/cs_test_{number}/expire"


def retrieve(number: int) -> tuple[str, str]:
    return "get", f"{SESSIONS}/cs_test_{number}"


def list_items(number: int) -> tuple[str, str]:
    return "get", f"{SESSIONS}/cs_test_{number}/line_items"


@dataclass(frozen=True)
class _Used:
    """An idempotency key's parameters and Stripe's response, which may be an error."""

    params: dict[str, str]
    status: int
    document: Json


class CreatingStripe(FakeStripe):
    """Creates, expires and returns sessions, with idempotency keys; canned responses go first."""

    def __init__(self) -> None:
        super().__init__()
        self.keys: dict[str | None, _Used] = {}
        self.sessions: dict[str, Json] = {}
        self.lines: dict[str, list[Json]] = {}
        self.prices: dict[str, Json] = {}
        self.fail_at: tuple[str, str] | None = None
        self.sell(PRICE, lookup_key=None)
        self.sell(OTHER_PRICE, lookup_key=None)
        self.sell(MUG, lookup_key="mug-blue")

    def sell(self, price_id: str, **changes: object) -> None:
        """Add a price; by default it is one-time, active and sellable."""
        self.prices[price_id] = price(id=price_id) | changes

    def change(self, price_id: str, **changes: object) -> None:
        self.prices[price_id] |= changes

    @property
    def states(self) -> list[str]:
        """Return the statuses of the sessions, in the order of their creation."""
        return [made["status"] for made in self.sessions.values()]

    def response_to(self, sent: StripeRequest) -> Response:
        try:
            return super().response_to(sent)
        except IndexError:
            return self._respond(sent)

    def _respond(self, sent: StripeRequest) -> Response:
        if (sent.method, sent.path) == self.fail_at:
            return json.dumps({"error": {"type": "api_error"}}), 500, {}
        used = self.keys.get(sent.idempotency_key)
        if (sent.method, sent.path) != CREATE:
            status, document = self._other(sent)
        elif used is None:
            status, document = self._create(sent)
            self.keys[sent.idempotency_key] = _Used(sent.params, status, copy.deepcopy(document))
        elif used.params == sent.params:
            return json.dumps(used.document), used.status, {"Idempotent-Replayed": "true"}
        else:
            status, document = refused(type="idempotency_error")
        return json.dumps(document), status, {}

    def _other(self, sent: StripeRequest) -> tuple[int, Json]:
        match sent.method, sent.path.split("/")[2:]:
            case "get", ["prices"]:
                asked = {value for name, value in sent.params.items() if "lookup_keys" in name}
                known = [one for one in self.prices.values() if one["lookup_key"] in asked]
                return 200, listed(*(one for one in known if one["active"]))
            case "get", ["checkout", "sessions", session_id, "line_items"]:
                lines = self.lines[session_id]
                now = [line | {"price": self.prices[line["price"]["id"]]} for line in lines]
                return 200, listed(*now)
            case "get", ["checkout", "sessions", session_id] if session_id in self.sessions:
                return 200, self.sessions[session_id]
            case "get", _:
                return 404, refused(code="resource_missing", param="session")[1]
            case "post", [*_, session_id, "expire"] if (
                self.sessions[session_id]["status"] == "open"
            ):
                self.sessions[session_id] |= {
                    "status": "expired",
                    "url": None,
                    "client_secret": None,
                }
                return 200, self._with_items(session_id, sent)
        return refused(message='Only Checkout Sessions with a status in ["open"] can be expired.')

    def _create(self, sent: StripeRequest) -> tuple[int, Json]:
        cart = cart_of(sent.params)
        for index, (price_id, _) in enumerate(cart):
            param = f"line_items[{index}][price]"
            if f"line_items[{index}][price_data][unit_amount]" in sent.params:
                amount = int(sent.params[f"line_items[{index}][price_data][unit_amount]"])
                self.sell(price_id, lookup_key=None, metadata={}, unit_amount=amount)
            if price_id not in self.prices:
                message = f"No such price: '{price_id}'"
                return refused(code="resource_missing", param=param, message=message)
            if not self.prices[price_id]["active"]:
                return refused(param=param, message=INACTIVE)
            if self.prices[price_id]["type"] == "recurring":
                return refused(param=f"line_items[{index}]", message=RECURRING)
        lines = [self.line(price_id, quantity) for price_id, quantity in cart]
        number = len(self.sessions) + 1
        embedded = "ui_mode" in sent.params
        made = session(
            id=f"cs_test_{number}",
            url=None if embedded else f"https://pay.example/{number}",
            client_secret=f"cs_test_{number}_secret_x" if embedded else None,
            metadata=metadata_of(sent.params),
            amount_total=sum(line["amount_total"] for line in lines),
        )
        self.sessions[made["id"]] = made
        self.lines[made["id"]] = lines
        return 200, self._with_items(made["id"], sent)

    def _with_items(self, session_id: str, sent: StripeRequest) -> Json:
        """Return a session, with its line items if they are expanded."""
        made, lines = self.sessions[session_id], self.lines.get(session_id, [])
        if not sent.params.get("expand[0]", "").startswith("line_items"):
            return made
        return made | {"line_items": listed(*lines[:EXPANDED], has_more=len(lines) > EXPANDED)}

    def line(self, price_id: str, quantity: int) -> Json:
        amount = self.prices[price_id]["unit_amount"] * quantity
        return line_item(price=self.prices[price_id], quantity=quantity, amount_total=amount)


def refused(**error: str) -> tuple[int, Json]:
    return 400, {"error": {"type": "invalid_request_error", **error}}


def cart_of(params: dict[str, str]) -> list[tuple[str, int]]:
    """Return the price and the quantity of each line item of a create call.

    For an amount in the request, Stripe creates a price.
    """
    quantities = re.findall(r"line_items\[(\d+)\]\[quantity\]", " ".join(params))
    return [
        (
            params.get(f"line_items[{index}][price]", f"price_1made{index}"),
            int(params[f"line_items[{index}][quantity]"]),
        )
        for index in quantities
    ]


def metadata_of(params: dict[str, str]) -> dict[str, str]:
    return {
        name.removeprefix("metadata[").removesuffix("]"): value
        for name, value in params.items()
        if name.startswith("metadata[")
    }


@pytest.fixture
def fake_stripe(monkeypatch: pytest.MonkeyPatch) -> CreatingStripe:
    fake = CreatingStripe()
    monkeypatch.setattr(stripe, "RequestsClient", lambda **_: fake)
    monkeypatch.setattr(stripe.HTTPClient, "INITIAL_DELAY", 0)
    return fake


@pytest.fixture
def checkouts(
    settings: Settings,
    credentials: CredentialsReader,
    orders: OrdersTable,
    recorder: Recorder,
    clock: Clock,
) -> Checkouts:
    """Return the object that the handler calls, with the secret read."""
    credentials.read()
    api = recorder.stripe_api()
    catalogue = Catalogue(api, only_marked=settings.only_marked_prices, clock=clock)
    return Checkouts(settings, api, catalogue, orders, recorder, now=lambda: NOW)


handler = handler_of("create_session")


def request(*some: Json, **fields: object) -> CheckoutRequest:
    wanted = some or ({"price": PRICE, "quantity": 2},)
    return CheckoutRequest.model_validate({"items": list(wanted), **fields})


def by_price(*price_ids: str, quantity: int = 1) -> list[Json]:
    return [{"price": price_id, "quantity": quantity} for price_id in price_ids]


def by_key(*lookup_keys: str) -> list[Json]:
    return [{"lookup_key": key, "quantity": 1} for key in lookup_keys]


def refusal(checkouts: Checkouts, wanted: CheckoutRequest, key: str | None = None) -> FieldError:
    """Create a checkout that is refused; return the only field error."""
    with pytest.raises(InvalidRequest, match="does not match the schema") as raised:
        checkouts.create(wanted, key)
    [error] = raised.value.errors
    return error


@pytest.fixture
def card_checkout() -> Json:
    return sample("create_session", "card_checkout")


def items(dynamodb: "DynamoDBClient") -> list[dict[str, Any]]:
    return dynamodb.scan(TableName=TABLE)["Items"]
