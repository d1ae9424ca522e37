"""Products."""

from typing import Literal

import stripe
from pydantic import Field

from stripe_simulator.api.errors import InvalidRequest
from stripe_simulator.api.lists import matches, page
from stripe_simulator.api.parameters import Fields, ListParameters, Parameters
from stripe_simulator.api.values import (
    Array,
    Boolean,
    Metadata,
    MetadataChanges,
    Period,
    Text,
    TextOrUnset,
    Url,
)
from stripe_simulator.documents import Json
from stripe_simulator.identifiers import new_id
from stripe_simulator.objects import metadata
from stripe_simulator.objects.account import Account
from stripe_simulator.objects.shapes import declared


class ProductData(Fields):
    """The data of a product that is created with a price or a line item."""

    name: Text
    description: Text | None = None
    images: Array[Url] = Field(default_factory=list)
    metadata: Metadata = Field(default_factory=dict)
    statement_descriptor: Text | None = None
    tax_code: Text | None = None
    unit_label: Text | None = None


class CreateProduct(ProductData, Parameters):
    active: Boolean = True
    id: Text | None = None
    shippable: Boolean | None = None
    type: Literal["good", "service"] = "service"
    url: Url | None = None


class UpdateProduct(Parameters):
    active: Boolean = True
    default_price: Text | None = None
    description: TextOrUnset = None
    images: Array[Url] = Field(default_factory=list)
    metadata: MetadataChanges = Field(default_factory=dict)
    name: Text = ""
    shippable: Boolean | None = None
    statement_descriptor: Text | None = None
    tax_code: TextOrUnset = None
    unit_label: TextOrUnset = None
    url: TextOrUnset = None


class ListProducts(ListParameters):
    active: Boolean | None = None
    created: Period | None = None
    ids: Array[Text] | None = None
    shippable: Boolean | None = None
    url: Text | None = None


def create(account: Account, parameters: CreateProduct) -> Json:
    if parameters.id is not None and parameters.id in account.products:
        raise InvalidRequest("Product already exists.", code="resource_already_exists", param="id")
    return make(account, parameters.model_dump(exclude={"expand"}))


def make(account: Account, values: Json) -> Json:
    now = account.now()
    product = declared(
        stripe.Product,
        **(
            {"active": True, "type": "service"}
            | values
            | {"id": values.get("id") or new_id("prod", 14), "created": now, "updated": now}
        ),
        livemode=account.livemode,
        marketing_features=[],
    )
    account.products.add(product)
    account.record("product.created", product, None)
    return product


def retrieve(account: Account, _: Parameters, id_: str) -> Json:
    return account.products.retrieve(id_)


def update(account: Account, parameters: UpdateProduct, id_: str) -> Json:
    product = account.products.retrieve(id_)
    if parameters.default_price is not None:
        account.prices.named(parameters.default_price, "default_price")
    changes = metadata.merged(product, parameters.given())
    account.update("product.updated", product, changes | {"updated": account.now()})
    return product


def list_(account: Account, parameters: ListProducts) -> Json:
    plain = matches(parameters, "active", "created", "shippable", "url")

    def kept(product: Json) -> bool:
        return plain(product) and (parameters.ids is None or product["id"] in parameters.ids)

    products = account.products.newest_first()
    return page(products, parameters, url="/v1/products", noun="product", keep=kept)


def delete(account: Account, _: Parameters, id_: str) -> Json:
    product = account.products.retrieve(id_)
    if any(price["product"] == id_ for price in account.prices):
        raise InvalidRequest(
            "This product cannot be deleted because it has one or more user-created prices."
        )
    account.products.remove(id_)
    account.record("product.deleted", product, None)
    return {"id": id_, "object": "product", "deleted": True}
