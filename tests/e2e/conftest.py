"""Fixtures: one browser, and one deployed stack with its storefront, for all of these tests.

Each test is a separate customer: browser contexts share neither storage nor cache.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import pytest
from playwright.sync_api import Browser, BrowserContext

from local.cloud.stack import local_stack
from local.machine import browser as local_browser
from local.machine.console import Console
from local.machine.ports import free_port
from local.shop.purchase_steps import stored_order
from local.shop.storefront import HOSTED_PAGE, Config, local_frontend, storefront
from tests.e2e.shopper import DESKTOP, Shopper, watched
from tests.integration.world import World


@dataclass(frozen=True)
class Shop:
    """The storefront's address and the deployed stack."""

    url: str
    world: World


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with local_browser.chromium() as one:
        yield one


@pytest.fixture(scope="package")
def deployed_shop(browser: Browser) -> Iterator[Shop]:  # first the browser: it may be missing
    frontend = local_frontend(free_port())
    with local_stack(Console(), frontend=frontend) as stack:
        world = World(stack)
        # Before the first request for the list of prices, which is cached for a minute.
        for name, currency, amount in (("Matcha", "jpy", 1500), ("Coffee pot", "kwd", 12340)):
            world.price(
                amount,
                currency=currency,
                product_data={"name": name},
                metadata={"sellable": "true"},
            )
        config = Config(stack.facts.api_url, HOSTED_PAGE, stack.facts.stripe_url)
        with storefront(frontend.origin, config, partial(stored_order, stack)) as url:
            yield Shop(url, world)


@pytest.fixture
def shop(deployed_shop: Shop) -> Iterator[Shop]:
    yield deployed_shop
    deployed_shop.world.simulator.behave_again()


@pytest.fixture
def world(shop: Shop) -> World:
    return shop.world


type NewShopper = Callable[..., Shopper]


@pytest.fixture
def new_shopper(browser: Browser, shop: Shop) -> Iterator[NewShopper]:
    """Return a factory of customers, each with a browser context of these options."""
    contexts: list[tuple[BrowserContext, list[str]]] = []

    def make(**options: object) -> Shopper:
        # What moves while nobody looks is drawn at each frame.
        still = {"reduced_motion": "reduce"}
        settings: dict[str, object] = {"locale": "en-GB", **still, **DESKTOP, **options}
        context = browser.new_context(**settings)  # type: ignore[arg-type]
        contexts.append((context, watched(context)))
        return Shopper(context.new_page(), shop.url)

    yield make
    for context, complaints in contexts:
        context.close()
        assert complaints == []


@pytest.fixture
def shopper(new_shopper: NewShopper) -> Shopper:
    return new_shopper()
