"""A restricted key may do what its permissions say: https://docs.stripe.com/keys/restricted-api-keys"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import stripe

from stripe_simulator.api.expansion import EXPANDABLE, INLINE
from stripe_simulator.api.permissions import EXPANDED, PERMISSIONS, permission
from stripe_simulator.documents import Json
from stripe_simulator.operations import operations
from stripe_simulator.settings import Settings
from stripe_simulator.simulator import Simulator
from stripe_simulator.testing import RESTRICTED_KEY, Running, Shop, fast, running
from support.refusals import refused

MASKED = "rk_test_******************cted"

type Call = Callable[[stripe.StripeClient], object]

# One call of each permission, refused for another reason than the key's: nothing is changed.
READS: dict[str, Call] = {
    "balance": lambda sdk: sdk.v1.balance_transactions.list(),
    "charge": lambda sdk: sdk.v1.charges.list(),
    "checkout_session": lambda sdk: sdk.v1.checkout.sessions.list(),
    "coupon": lambda sdk: sdk.v1.coupons.list(),
    "customer": lambda sdk: sdk.v1.customers.list(),
    "dispute": lambda sdk: sdk.v1.disputes.list(),
    "event": lambda sdk: sdk.v1.events.list(),
    "event_destination": lambda sdk: sdk.v2.core.event_destinations.list(),
    "invoice": lambda sdk: sdk.v1.invoices.list(),
    "payment_intent": lambda sdk: sdk.v1.payment_intents.list(),
    "plan": lambda sdk: sdk.v1.prices.list(),
    "product": lambda sdk: sdk.v1.products.list(),
    "promotion_code": lambda sdk: sdk.v1.promotion_codes.list(),
    "shipping_rate": lambda sdk: sdk.v1.shipping_rates.list(),
    "tax_rate": lambda sdk: sdk.v1.tax_rates.list(),
    "webhook": lambda sdk: sdk.v1.webhook_endpoints.list(),
}
WRITES: dict[str, Call] = {
    "charge": lambda sdk: sdk.v1.refunds.create({"charge": "ch_none"}),
    "checkout_session": lambda sdk: sdk.v1.checkout.sessions.create(wrong()),
    "coupon": lambda sdk: sdk.v1.coupons.create(wrong()),
    "customer": lambda sdk: sdk.v1.customers.delete("cus_none"),
    "dispute": lambda sdk: sdk.v1.disputes.close("du_none"),
    "event_destination": lambda sdk: sdk.v2.core.event_destinations.ping("ed_none"),
    "payment_intent": lambda sdk: sdk.v1.payment_intents.cancel("pi_none"),
    "payment_method": lambda sdk: sdk.raw_request("post", "/v1/payment_methods", type="none"),
    "plan": lambda sdk: sdk.v1.prices.create(wrong()),
    "product": lambda sdk: sdk.v1.products.create(wrong()),
    "promotion_code": lambda sdk: sdk.v1.promotion_codes.create(wrong()),
    "shipping_rate": lambda sdk: sdk.v1.shipping_rates.create(wrong()),
    "tax_rate": lambda sdk: sdk.v1.tax_rates.create(wrong()),
    "webhook": lambda sdk: sdk.v1.webhook_endpoints.create(wrong()),
}


def wrong() -> Any:  # noqa: ANN401  (no SDK's parameters)
    return {"no_such_parameter": "1"}


@pytest.fixture
def simulator() -> Iterator[Running]:
    """One that knows a restricted key, which may do nothing yet."""
    with running(fast(restricted_key=RESTRICTED_KEY)) as one:
        yield one


@pytest.fixture
def restricted(simulator: Running) -> stripe.StripeClient:
    return stripe.StripeClient(
        RESTRICTED_KEY, base_addresses={"api": simulator.url}, max_network_retries=0
    )


def allow(simulator: Running, *permissions: str) -> Json:
    """Grant the restricted key exactly these permissions."""
    document = {"permissions": list(permissions)}
    response = simulator.request("PATCH", "/_simulator/restricted_key", json=document)
    assert response.status_code == 200, response.text
    allowed: Json = response.json()
    return allowed


def denial(call: Callable[[], object]) -> Json:
    with pytest.raises(stripe.PermissionError) as caught:
        call()
    body: Any = caught.value.json_body
    assert caught.value.http_status == 403
    error: Json = body["error"]
    assert (error["type"], error["code"]) == ("invalid_request_error", "more_permissions_required")
    return error


def missing(call: Callable[[], object]) -> str:
    """The permission that the refusal names."""
    _, quote, rest = str(denial(call)["message"]).partition("Having the 'rak_")
    assert quote
    return rest.partition("'")[0]


def test_refusal_is_stripes(simulator: Running, restricted: stripe.StripeClient) -> None:
    error = denial(restricted.v1.checkout.sessions.list)
    before, _, rest = error["message"].partition("acct_")
    account, _, after = rest.partition("'")
    assert before == (
        f"The provided key '{MASKED}' does not have the required permissions for this endpoint "
        "on account '"
    )
    assert len(account) == 16
    assert after == (
        ". Having the 'rak_checkout_session_read' permission would allow this request to continue."
    )
    assert "param" not in error
    assert RESTRICTED_KEY not in str(simulator.request("GET", "/_simulator/requests").json())


@pytest.mark.parametrize("resource", READS)
def test_read_takes_its_permission(
    simulator: Running, restricted: stripe.StripeClient, resource: str
) -> None:
    assert missing(lambda: READS[resource](restricted)) == f"{resource}_read"
    allow(simulator, *(PERMISSIONS - {f"{resource}_read", f"{resource}_write"}))
    assert missing(lambda: READS[resource](restricted)) == f"{resource}_read"
    allow(simulator, f"{resource}_read")
    READS[resource](restricted)


@pytest.mark.parametrize("resource", WRITES)
def test_write_permission_is_checked_before_parameters(
    simulator: Running, restricted: stripe.StripeClient, resource: str
) -> None:
    allow(simulator, *(PERMISSIONS - {f"{resource}_write"}))
    assert missing(lambda: WRITES[resource](restricted)) == f"{resource}_write"
    allow(simulator, f"{resource}_write")
    with pytest.raises(stripe.InvalidRequestError) as caught:
        WRITES[resource](restricted)
    assert caught.value.http_status in {400, 404}


@pytest.mark.parametrize("resource", sorted(READS.keys() & WRITES.keys()))
def test_write_includes_read(
    simulator: Running, restricted: stripe.StripeClient, resource: str
) -> None:
    allow(simulator, f"{resource}_write")
    READS[resource](restricted)


def test_refused_create_makes_nothing(
    simulator: Running, restricted: stripe.StripeClient, sdk: stripe.StripeClient
) -> None:
    allow(simulator, "product_read")
    options: Any = {"idempotency_key": "key-of-a-create"}
    denial(lambda: restricted.v1.products.create({"name": "Mug"}, options))
    assert sdk.v1.products.list().data == []
    allow(simulator, "product_write")
    assert restricted.v1.products.create({"name": "Mug"}, options).name == "Mug"


def test_expanding_takes_the_read_permission_of_what_is_expanded(
    simulator: Running, restricted: stripe.StripeClient, shop: Shop
) -> None:
    session = shop.paid_session()
    retrieve = restricted.v1.checkout.sessions.retrieve
    allow(simulator, "checkout_session_read")
    assert missing(lambda: retrieve(session.id, {"expand": ["payment_intent"]})) == (
        "payment_intent_read"
    )
    allow(simulator, "checkout_session_read", "payment_intent_read")
    nested: Any = {"expand": ["payment_intent.latest_charge"]}
    assert missing(lambda: retrieve(session.id, nested)) == "charge_read"
    found: Any = retrieve(session.id, {"expand": ["payment_intent"]})
    assert found.payment_intent.status == "succeeded"


def test_line_items_show_their_prices_and_products_take_a_permission(
    simulator: Running, restricted: stripe.StripeClient, shop: Shop
) -> None:
    session = shop.session()
    retrieve = restricted.v1.checkout.sessions.retrieve
    allow(simulator, "checkout_session_read")
    shown: Any = retrieve(session.id, {"expand": ["line_items"]})
    assert shown.line_items.data[0].price.unit_amount == 1500
    products: Any = {"expand": ["line_items.data.price.product"]}
    assert missing(lambda: retrieve(session.id, products)) == "product_read"
    allow(simulator, "checkout_session_read", "product_read")
    shown = retrieve(session.id, products)
    assert shown.line_items.data[0].price.product.name == "Mug"


def test_create_with_a_refused_expansion_makes_nothing(
    simulator: Running, restricted: stripe.StripeClient, shop: Shop, sdk: stripe.StripeClient
) -> None:
    price = shop.price()
    allow(simulator, "checkout_session_write")
    expand = ["line_items.data.price.product"]
    assert missing(lambda: Shop(restricted).session(price, expand=expand)) == "product_read"
    assert sdk.v1.checkout.sessions.list().data == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/payment_pages/cs_test_1"),
        ("POST", "/v1/payment_pages/cs_test_1/confirm"),
        ("POST", "/v1/events/evt_1/retry"),
    ],
)
def test_what_no_permission_allows_takes_a_secret_key(
    simulator: Running, method: str, path: str
) -> None:
    allow(simulator, *PERMISSIONS)
    headers = {"Authorization": f"Bearer {RESTRICTED_KEY}"}
    response = simulator.request(method, path, headers=headers)
    assert response.status_code == 403
    assert response.json()["error"]["message"].endswith(
        "This is a restricted API key, but the required permissions are not available for use by "
        "restricted keys."
    )


def test_secret_key_may_do_everything(simulator: Running, sdk: stripe.StripeClient) -> None:
    allow(simulator)
    for read in READS.values():
        read(sdk)


def test_unknown_address_is_stripes_404(restricted: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        restricted.raw_request("get", "/v1/nothing")
    assert caught.value.http_status == 404


def test_permissions_are_read_and_changed(simulator: Running) -> None:
    path = "/_simulator/restricted_key"
    assert simulator.request("GET", path).json() == {"permissions": []}
    wanted = {"permissions": ["checkout_session_write", "plan_read"]}
    assert allow(simulator, *wanted["permissions"]) == wanted
    assert simulator.request("GET", path).json() == wanted


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"permissions": ["price_read", "plan_read"]}, "unknown: price_read; known: balance_read"),
        ({"permissions": "plan_read"}, "permissions: Input should be a valid list"),
        ({}, "permissions: Field required"),
    ],
)
def test_unknown_permissions_are_refused(simulator: Running, document: Json, message: str) -> None:
    allow(simulator, "plan_read")
    response = simulator.request("PATCH", "/_simulator/restricted_key", json=document)
    assert response.status_code == 400
    assert message in response.json()["error"]["message"]
    assert simulator.request("GET", "/_simulator/restricted_key").json() == {
        "permissions": ["plan_read"]
    }


@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_without_a_restricted_key_there_is_none_to_change(method: str) -> None:
    with running(fast()) as simulator:
        response = simulator.request(method, "/_simulator/restricted_key", json={"permissions": []})
        assert response.status_code == 404
        with refused(401, f"Invalid API Key provided: {MASKED}"):
            stripe.StripeClient(
                RESTRICTED_KEY, base_addresses={"api": simulator.url}
            ).v1.products.list()


def test_few_endpoints_need_a_secret_key() -> None:
    every = operations(Simulator(Settings(secret_keys=("sk_test_any",))))
    asked = {(one.method, one.path) for one in every}
    without = {one for one in asked if permission(*one) is None}
    assert without == {
        ("GET", "/v1/account"),
        ("GET", "/v1/payment_pages/{id}"),
        ("POST", "/v1/payment_pages/{id}"),
        ("POST", "/v1/payment_pages/{id}/confirm"),
        ("POST", "/v1/events/{id}/retry"),
        ("POST", "/v1/stripecli/sessions"),
    }


def test_whatever_can_be_expanded_has_a_permission() -> None:
    kinds = {
        kind
        for holder, fields in EXPANDABLE.items()
        for field, kind in fields.items()
        if (holder, field) not in INLINE
    }
    assert kinds == EXPANDED.keys()
    assert {f"{resource}_read" for resource in EXPANDED.values()} <= PERMISSIONS
