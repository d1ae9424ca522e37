"""Files of `stripe fixtures`, as the simulator reads them."""

import pytest
import stripe

from stripe_simulator.fixtures import Fixture, FixturesError, play

MUG = Fixture(name="mug", path="/v1/products", params={"name": "${.env:NAME|Mug}"})
PRICE = Fixture(
    name="price",
    path="/v1/prices",
    params={"product": "${mug:id}", "currency": "eur", "unit_amount": 1200},
)
RENAME = Fixture(name="renamed", path="/v1/products/${mug:id}", params={"name": "The ${mug:name}"})
LIST = Fixture(name="prices", path="/v1/prices", method="get")
AGAIN = Fixture(name="again", path="/v1/prices/${prices:data.0.id}", method="get")


def test_request_names_what_an_earlier_one_made(sdk: stripe.StripeClient) -> None:
    made = play(sdk, [MUG, PRICE, RENAME, LIST, AGAIN], {})
    assert made["price"]["product"] == made["mug"]["id"]
    assert made["renamed"]["name"] == "The Mug"
    assert made["again"]["id"] == made["price"]["id"]


def test_environment_outranks_the_default(sdk: stripe.StripeClient) -> None:
    assert play(sdk, [MUG], {"NAME": "Cup"})["mug"]["name"] == "Cup"


@pytest.mark.parametrize(
    ("fixture", "message"),
    [
        (Fixture(name="mug", path="/v1/products"), "mug: Missing required param: name."),
        (PRICE, "price: nothing is known of 'mug'"),
        (RENAME, "renamed: nothing is known of 'mug'"),
        (
            Fixture(name="mug", path="/v1/products", params={"name": "${.env:NAME}"}),
            "mug: the environment variable NAME is not set",
        ),
    ],
)
def test_refused_request_is_named(sdk: stripe.StripeClient, fixture: Fixture, message: str) -> None:
    with pytest.raises(FixturesError) as caught:
        play(sdk, [fixture], {})
    assert str(caught.value) == message
