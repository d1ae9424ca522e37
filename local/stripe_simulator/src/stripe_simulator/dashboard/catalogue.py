"""Products and prices, with their sellable marks."""

from stripe_simulator.api.errors import InvalidRequest
from stripe_simulator.dashboard.amounts import minor_units
from stripe_simulator.dashboard.screens import Action, Ask, Form, Screen, filled, latest
from stripe_simulator.documents import Json
from stripe_simulator.objects import prices, products
from stripe_simulator.objects.currencies import MINIMUM
from stripe_simulator.objects.prices import CreatePrice, UpdatePrice
from stripe_simulator.objects.products import CreateProduct
from stripe_simulator.simulator import Simulator

# The service's mark: the price's value, else its product's.
SELLABLE = "sellable"


def catalogue(simulator: Simulator, ask: Ask) -> Json:
    account = simulator.account
    shown = [
        price | {"product": account.products.find(price["product"]) or {"name": "", "metadata": {}}}
        for price in latest(reversed(account.prices), ask.query, "id", "lookup_key", "product")
    ]
    return {
        "currencies": sorted(MINIMUM),
        "prices": [price | {"sellable": _is_sellable(price)} for price in shown],
        "products": latest(reversed(account.products), ""),
    }


def create_product(simulator: Simulator, _: str, form: Form) -> str:
    """Create a product with a price; check the amount first, so that no product lacks one."""
    price = _price(form)
    given: Json = {**filled(form, "name", "description")}
    if form.get("image", "").strip():
        given["images"] = [form["image"].strip()]
    parameters = CreateProduct.read(given)
    CreatePrice.read(price | {"product": "checked"})
    prices.free_lookup_key(simulator.account, price.get("lookup_key"), transfer=False)
    product = products.create(simulator.account, parameters)
    prices.create(simulator.account, CreatePrice.read(price | {"product": product["id"]}))
    return "/dashboard/products"


def create_price(simulator: Simulator, _: str, form: Form) -> str:
    parameters = CreatePrice.read(_price(form) | filled(form, "product"))
    prices.create(simulator.account, parameters)
    return "/dashboard/products"


def sell(simulator: Simulator, id_: str, _: Form) -> str:
    return _mark(simulator, id_, "true")


def stop_selling(simulator: Simulator, id_: str, _: Form) -> str:
    return _mark(simulator, id_, "false")


def archive(simulator: Simulator, id_: str, _: Form) -> str:
    prices.update(simulator.account, UpdatePrice(active=False), id_)
    return "/dashboard/products"


def restore(simulator: Simulator, id_: str, _: Form) -> str:
    prices.update(simulator.account, UpdatePrice(active=True), id_)
    return "/dashboard/products"


def _mark(simulator: Simulator, id_: str, value: str) -> str:
    prices.update(simulator.account, UpdatePrice(metadata={SELLABLE: value}), id_)
    return "/dashboard/products"


def _price(form: Form) -> Json:
    currency = form.get("currency", "")
    if currency not in MINIMUM:
        raise InvalidRequest("Choose a currency.", param="currency")
    price: Json = {
        "currency": currency,
        "unit_amount": minor_units(form.get("amount", ""), currency),
    }
    if form.get(SELLABLE) == "true":
        price["metadata"] = {SELLABLE: "true"}
    return price | filled(form, "lookup_key")


def _is_sellable(price: Json) -> bool:
    marks = price["product"]["metadata"] | price["metadata"]
    one_time = price["active"] and price["type"] == "one_time"
    return bool(one_time and marks.get(SELLABLE) == "true")


CATALOGUE = Screen("/dashboard/products", "products.html", catalogue)
SCREENS = (CATALOGUE,)
ACTIONS = (
    Action("/dashboard/products", create_product, CATALOGUE, "The product was created."),
    Action("/dashboard/prices", create_price, CATALOGUE, "The price was created."),
    Action("/dashboard/prices/{id}/sell", sell, CATALOGUE, "The price is for sale."),
    Action("/dashboard/prices/{id}/stop", stop_selling, CATALOGUE, "The price is not for sale."),
    Action("/dashboard/prices/{id}/archive", archive, CATALOGUE, "The price is archived."),
    Action("/dashboard/prices/{id}/restore", restore, CATALOGUE, "The price is active."),
)
