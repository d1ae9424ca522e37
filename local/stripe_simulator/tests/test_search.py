"""`/v1/{objects}/search`: https://docs.stripe.com/search"""

from typing import Any

import pytest
import stripe

from stripe_simulator.testing import Running, Shop
from support.refusals import refused

UNPARSABLE = (
    'We were unable to parse your search query. Try using the format `metadata["key"]:"value"` '
    'to query for metadata or key:"value" to query for other fields.'
)


@pytest.fixture
def people(sdk: stripe.StripeClient) -> None:
    for name, order in (("Jenny Rosen", "1"), ("John O'Neil", "2"), ("Ann", None)):
        customer: Any = {"name": name, "email": f"{name[:3]}@example.com".lower()}
        sdk.v1.customers.create(
            customer | ({"metadata": {"order": order}} if order is not None else {})
        )


def found(sdk: stripe.StripeClient, query: str) -> list[str | None]:
    return [one.name for one in sdk.v1.customers.search({"query": query}).data]


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("name:'jenny rosen'", ["Jenny Rosen"]),
        ('name:"John O\'Neil"', ["John O'Neil"]),
        (r"name:'john o\'neil'", ["John O'Neil"]),
        ('email~"example.com" AND -name:"Ann"', ["John O'Neil", "Jenny Rosen"]),
        ("name:'Ann' or metadata['order']:'1'", ["Ann", "Jenny Rosen"]),
        ('metadata["order"]:"2" email~"joh"', ["John O'Neil"]),
        ('-metadata["order"]:null', ["John O'Neil", "Jenny Rosen"]),
        ("phone:null", ["Ann", "John O'Neil", "Jenny Rosen"]),
        ("created>0 AND name~'enn'", ["Jenny Rosen"]),
        ("created<=5", []),
    ],
)
def test_query_finds(sdk: stripe.StripeClient, query: str, names: list[str]) -> None:
    assert found(sdk, query) == names


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("Jenny", UNPARSABLE),
        ("name:'Jenny", UNPARSABLE),
        ("name:'Jenny' AND", UNPARSABLE),
        ("name:'Jenny'email:'a'", UNPARSABLE),
        (
            "colour:'red'",
            (
                "Field `colour` is an unsupported search field for resource `customers`. See "
                "http://stripe.com/docs/search#query-fields-for-customers for a list of supported "
                "fields."
            ),
        ),
        (
            "name:'a' AND name:'b' OR name:'c'",
            "You can't combine AND and OR in one search query.",
        ),
        (" ".join(["name:'a'"] * 11), "A search query can have up to 10 clauses."),
        ("name>5", "Field `name` is a string: it can't be searched by `>5`."),
        ("created:'now'", "Field `created` is a number: it can't be searched by `:'now'`."),
        ("name~'ab'", "The operator `~` needs at least 3 characters."),
    ],
)
def test_empty_query_is_refused(sdk: stripe.StripeClient, query: str, message: str) -> None:
    with refused(400, message, param="query"):
        sdk.v1.customers.search({"query": query})


@pytest.mark.usefixtures("people")
def test_results_come_in_pages(simulator: Running, sdk: stripe.StripeClient) -> None:
    raw = simulator.get("/v1/customers/search", query="created>0")
    assert (raw["object"], raw["url"]) == ("search_result", "/v1/customers/search")
    first = sdk.v1.customers.search({"query": "created>0", "limit": 2})
    assert first.has_more
    assert first.next_page is not None
    rest = sdk.v1.customers.search({"query": "created>0", "page": first.next_page})
    assert ([one.name for one in rest.data], rest.has_more) == (["Jenny Rosen"], False)
    pages = sdk.v1.customers.search({"query": "created>0", "limit": 1}).auto_paging_iter()
    assert [one.name for one in pages] == ["Ann", "John O'Neil", "Jenny Rosen"]
    with refused(400, "Invalid page token.", param="page"):
        sdk.v1.customers.search({"query": "created>0", "page": "?"})


def test_every_kind_is_searched(sdk: stripe.StripeClient, shop: Shop) -> None:
    shop.price(lookup_key="cup")
    session = shop.session(
        shop.price(lookup_key="mug"),
        customer=sdk.v1.customers.create().id,
        invoice_creation={"enabled": True},
    )
    shop.pay(session, shop.payment_method(token="tok_visa"))
    v1 = sdk.v1
    charges = v1.charges.search(
        {
            "expand": ["data.payment_intent"],
            "query": 'payment_method_details.card.last4:"4242" AND refunded:"false" AND amount>5',
        }
    )
    assert [one.payment_intent.status for one in charges.data] == ["succeeded"]  # type: ignore[union-attr]
    assert len(v1.payment_intents.search({"query": 'status:"succeeded"'}).data) == 1
    assert [one.lookup_key for one in v1.prices.search({"query": "lookup_key~'mug'"}).data] == [
        "mug"
    ]
    assert len(v1.invoices.search({"query": "status:'paid' AND total=3000"}).data) == 1
    assert len(v1.products.search({"query": "active:'true' AND name:'Mug'"}).data) == 2
