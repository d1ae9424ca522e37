"""The dashboard's products, behaviour, and the restricted key's permissions."""

import pytest
import stripe

from stripe_simulator.testing import RESTRICTED_KEY, Running, fast, running
from support.dashboards import Dashboard, cells

PRODUCTS = "/dashboard/products"
BEHAVIOUR = "/dashboard/behaviour"
KEY = "/dashboard/key"
MUG = {
    "name": "Mug",
    "description": "Holds tea",
    "image": "https://shop.example/mug.png",
    "amount": "12.00",
    "currency": "eur",
    "lookup_key": "mug",
}


@pytest.fixture
def dashboard(simulator: Running) -> Dashboard:
    return Dashboard(simulator)


def test_product_is_created_with_a_price(dashboard: Dashboard, simulator: Running) -> None:
    page = dashboard.press(PRODUCTS, PRODUCTS, **MUG)
    (product,) = simulator.get("/v1/products")["data"]
    assert (product["name"], product["description"]) == ("Mug", "Holds tea")
    assert product["images"] == ["https://shop.example/mug.png"]
    (price,) = simulator.get("/v1/prices")["data"]
    assert (price["unit_amount"], price["currency"], price["lookup_key"]) == (1200, "eur", "mug")
    assert (price["product"], price["metadata"]) == (product["id"], {"sellable": "true"})
    row = cells(page, "prices")[0]
    assert row[:6] == ["Mug", "€12.00", "for sale", "active", "mug", price["id"]]


def test_amount_has_the_digits_of_its_currency(dashboard: Dashboard, simulator: Running) -> None:
    dashboard.press(PRODUCTS, PRODUCTS, **MUG | {"amount": "1200", "currency": "jpy"})
    assert simulator.get("/v1/prices")["data"][0]["unit_amount"] == 1200


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"name": ""}, "Missing required param: name."),
        ({"amount": "much"}, "much is not an amount. Example: 12.50"),
        ({"amount": "nan"}, "nan is not an amount of EUR, which has 2 digits after the point."),
        ({"currency": "xxx"}, "Choose a currency."),
        ({"image": "mug.png"}, "Not a valid URL"),
    ],
)
def test_refused_product_leaves_nothing_behind(
    dashboard: Dashboard, simulator: Running, typed: dict[str, str], message: str
) -> None:
    status, page = dashboard.refused(PRODUCTS, PRODUCTS, **MUG | typed)
    assert (status, page.alert) == (400, message)
    assert page.one(id_="description").attributes["value"] == "Holds tea"
    assert simulator.get("/v1/products")["data"] == []


def test_lookup_key_names_one_price(dashboard: Dashboard, simulator: Running) -> None:
    dashboard.press(PRODUCTS, PRODUCTS, **MUG)
    status, page = dashboard.refused(PRODUCTS, PRODUCTS, **MUG)
    assert status == 400
    assert "already uses that lookup key" in page.alert
    assert len(simulator.get("/v1/products")["data"]) == 1


def test_product_may_have_a_second_price(dashboard: Dashboard, simulator: Running) -> None:
    dashboard.press(PRODUCTS, PRODUCTS, **MUG)
    dashboard.press(PRODUCTS, "/dashboard/prices", amount="9", sellable="")
    first, second = simulator.get("/v1/prices")["data"]
    assert (first["unit_amount"], first["metadata"]) == (900, {})
    assert first["product"] == second["product"]


def test_price_is_marked_as_sellable(dashboard: Dashboard, simulator: Running) -> None:
    product = simulator.sdk.v1.products.create({"name": "Mug", "metadata": {"sellable": "true"}})
    price = simulator.sdk.v1.prices.create(
        {"product": product.id, "unit_amount": 1200, "currency": "eur"}
    )
    path = f"/dashboard/prices/{price.id}"
    # By its product's mark; the price's own wins.
    assert cells(dashboard.open(PRODUCTS), "prices")[0][2] == "for sale"
    page = dashboard.press(PRODUCTS, f"{path}/stop")
    assert cells(page, "prices")[0][2] == "not for sale"
    assert simulator.sdk.v1.prices.retrieve(price.id).metadata["sellable"] == "false"
    dashboard.press(PRODUCTS, f"{path}/sell")
    assert simulator.sdk.v1.prices.retrieve(price.id).metadata["sellable"] == "true"
    page = dashboard.press(PRODUCTS, f"{path}/archive")
    assert cells(page, "prices")[0][2:4] == ["not for sale", "archived"]
    assert not simulator.sdk.v1.prices.retrieve(price.id).active
    dashboard.press(PRODUCTS, f"{path}/restore")
    assert simulator.sdk.v1.prices.retrieve(price.id).active


def test_behaviour_changes_and_keeps_the_faults(dashboard: Dashboard, simulator: Running) -> None:
    fault = {"path": "/v1/products", "status": 503}
    simulator.behave(faults=[fault])
    typed = {
        "deliveries_paused": "true",
        "shuffle": "true",
        "duplicates": "2",
        "drop_probability": "0.25",
        "delay_seconds": "1.5",
    }
    page = dashboard.press(BEHAVIOUR, BEHAVIOUR, **typed)
    assert "Deliveries are paused. Behaviour" in page.texts
    now = simulator.request("GET", "/_simulator/behaviour").json()
    assert (now["deliveries_paused"], now["shuffle"], now["thin_events"]) == (True, True, False)
    assert (now["duplicates"], now["drop_probability"], now["delay_seconds"]) == (2, 0.25, 1.5)
    assert now["faults"][0]["status"] == 503
    again = dashboard.press(BEHAVIOUR, BEHAVIOUR, deliveries_paused="")
    assert "Deliveries are paused. Behaviour" not in again.texts
    now = simulator.request("GET", "/_simulator/behaviour").json()
    assert (now["deliveries_paused"], now["duplicates"]) == (False, 2)


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        ({"duplicates": "-1"}, "duplicates: "),
        ({"duplicates": "some"}, "duplicates: "),
        ({"drop_probability": "2"}, "drop_probability: "),
        ({"delay_seconds": "1e9"}, "delay_seconds: "),
    ],
)
def test_impossible_behaviour_is_refused(
    dashboard: Dashboard, simulator: Running, typed: dict[str, str], named: str
) -> None:
    before = simulator.request("GET", "/_simulator/behaviour").json()
    status, page = dashboard.refused(BEHAVIOUR, BEHAVIOUR, **typed, shuffle="true")
    assert status == 400
    assert page.alert.startswith(named)
    (name,) = typed
    assert page.one(id_=name).attributes["value"] == typed[name]
    assert simulator.request("GET", "/_simulator/behaviour").json() == before


def test_fault_is_added_and_happens(dashboard: Dashboard, simulator: Running) -> None:
    page = dashboard.press(
        BEHAVIOUR, "/dashboard/faults", method="POST", path="/v1/products", status="503", times="2"
    )
    assert cells(page, "faults") == [["POST", "/v1/products", "503", "2", "0.0 s"]]
    assert simulator.post("/v1/products", "name=Mug").status_code == 503
    assert cells(dashboard.open(BEHAVIOUR), "faults")[0][3] == "1"
    dashboard.press(BEHAVIOUR, "/dashboard/faults/clear")
    assert simulator.post("/v1/products", "name=Mug").status_code == 200


@pytest.mark.parametrize(
    ("field", "value"), [("path", "/c/pay"), ("status", "302"), ("times", "0")]
)
def test_impossible_fault_is_refused(
    dashboard: Dashboard, simulator: Running, field: str, value: str
) -> None:
    status, page = dashboard.refused(BEHAVIOUR, "/dashboard/faults", **{field: value})
    assert status == 400
    assert page.alert.startswith(f"{field}: ")
    assert simulator.request("GET", "/_simulator/behaviour").json()["faults"] == []


def test_everything_is_reset(dashboard: Dashboard, simulator: Running) -> None:
    well = simulator.request("GET", "/_simulator/behaviour").json()
    simulator.behave(deliveries_paused=True, faults=[{"path": "/v1/products"}])
    dashboard.press(BEHAVIOUR, "/dashboard/behaviour/reset")
    assert simulator.request("GET", "/_simulator/behaviour").json() == well


def test_permissions_of_the_restricted_key_change() -> None:
    permissions = ("product_write", "plan_read")
    settings = fast(restricted_key=RESTRICTED_KEY, restricted_permissions=permissions)
    with running(settings) as simulator:
        dashboard = Dashboard(simulator)
        fields = dashboard.open(KEY).inputs()
        assert (fields["product"], fields["plan"], fields["charge"]) == ("write", "read", "none")
        dashboard.press(KEY, KEY, product="read", plan="none", charge="write")
        now = simulator.request("GET", "/_simulator/restricted_key").json()["permissions"]
        assert now == ["charge_write", "product_read"]
        restricted = stripe.StripeClient(RESTRICTED_KEY, base_addresses={"api": simulator.url})
        with pytest.raises(stripe.PermissionError):
            restricted.v1.products.create({"name": "Mug"})
        status, page = dashboard.refused(KEY, KEY, balance="write")
        assert (status, page.alert) == (400, "Unknown permissions: balance_write.")
        assert simulator.request("GET", "/_simulator/restricted_key").json()["permissions"] == now


def test_simulator_may_have_no_restricted_key(dashboard: Dashboard) -> None:
    assert list(dashboard.open(KEY).all("form")) == []
