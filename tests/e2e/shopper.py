"""A customer in a browser, with checks of every page."""

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Literal
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import BrowserContext, FrameLocator, Locator, Page, Request, expect

from local.contract.api_types import INSTALLED, PINS
from local.machine import npm
from local.paths import LOCAL
from local.shop.customer import GOOD_CARD, PAYING_IBAN
from tests.support.documents import Json
from tests.support.samples import SAMPLES

SCREENSHOTS = LOCAL / "e2e"
DESKTOP = {"viewport": {"width": 1280, "height": 860}}
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
NARROWEST = 320
# Enough for cold starts on a busy machine.
TIMEOUT_MS = 30_000
CREATE = "/checkout/sessions"
# By colour scheme: the rules of axe-core whose result may differ from the light one's.
SCHEMES: dict[Literal["light", "dark"], list[str] | None] = {
    "light": None,
    "dark": None if SAMPLES == "all" else ["color-contrast", "link-in-text-block"],
}
# Without what passed, which is most of axe-core's report.
FIND_VIOLATIONS = """async (only) => {
    const options = { iframes: false, resultTypes: ["violations"], ...only };
    const { violations } = await axe.run(document, options);
    return violations.map(({ id, help, nodes }) => (
        { rule: id, help, nodes: nodes.map((node) => node.html) }));
}"""
LOOPBACK = {"localhost", "127.0.0.1"}

expect.set_options(timeout=TIMEOUT_MS)


@dataclass
class Shopper:
    """`page` is the browser's page; `base` is the storefront's URL with a trailing slash."""

    page: Page
    base: str

    def __post_init__(self) -> None:
        self.page.set_default_timeout(TIMEOUT_MS)
        self.sent: list[Request] = []
        self.page.on("request", lambda one: self.sent.append(one))  # noqa: PLW0108  (it wants a function)

    @property
    def creates(self) -> list[Request]:
        """Return the create requests, retries included."""
        return [
            one
            for one in self.sent
            if one.method == "POST" and urlsplit(one.url).path.endswith(CREATE)
        ]

    @property
    def buy_button(self) -> Locator:
        return self.page.get_by_role("button", name="Check out")

    def visit(self, path: str = "") -> None:
        self.page.goto(f"{self.base}{path}")

    def add(self, *names: str) -> None:
        for name in names:
            self.page.get_by_role("button", name=f"Add to cart: {name}").click()

    def check_out(self) -> str:
        """Press the button; return the session id of the payment page."""
        self.buy_button.click()
        return self.reach_payment()

    def reach_payment(self) -> str:
        self.page.wait_for_url("**/c/pay/**")
        return urlsplit(self.page.url).path.rpartition("/")[2]

    def buy(self, *names: str) -> str:
        self.visit()
        self.add(*names)
        return self.check_out()

    def pay_by_card(self, number: str = GOOD_CARD) -> None:
        fill_in_card(self.page, number)
        submit(self.page)

    def pay_by_debit(self, iban: str = PAYING_IBAN) -> None:
        self.page.get_by_label("Email").fill("a@example.com")
        self.page.get_by_text("SEPA Direct Debit").click()
        self.page.get_by_label("IBAN").fill(iban)
        self.page.get_by_label(re.compile("^Name on")).fill("A Customer")
        submit(self.page)

    def read(self, heading: str) -> None:
        expect(self.page.get_by_role("heading", name=heading)).to_be_visible()

    def come_back(self, heading: str) -> str:
        """Expect the result page; return its session id."""
        self.page.wait_for_url("**/thanks.html?**")
        self.read(heading)
        return parse_qs(urlsplit(self.page.url).query)["session_id"][0]

    def has_in_cart(self, count: int) -> None:
        noun = "item" if count == 1 else "items"
        expect(
            self.page.get_by_role("link", name=f"Cart {count} {noun}", exact=True)
        ).to_be_visible()

    def see(self, name: str) -> None:
        """Take screenshots and check accessibility, in both colour schemes."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        for scheme, rules in SCHEMES.items():
            self.page.emulate_media(color_scheme=scheme)
            self.page.screenshot(path=SCREENSHOTS / f"{name}-{scheme}.png")
            found = violations(self.page, rules)
            assert found == [], f"{name}, {scheme}: {json.dumps(found, indent=2)}"
        self.page.emulate_media(color_scheme="light")
        self._fits_the_narrowest(name)

    def _fits_the_narrowest(self, name: str) -> None:
        before = self.page.viewport_size
        assert before is not None
        self.page.set_viewport_size({"width": NARROWEST, "height": before["height"]})
        width = self.page.evaluate("document.documentElement.scrollWidth")
        if SAMPLES == "all":
            self.page.screenshot(path=SCREENSHOTS / f"{name}-narrow.png")
        self.page.set_viewport_size(before)
        assert width <= NARROWEST, f"{name} is {width} wide"


def fill_in_card(form: Page | FrameLocator, number: str) -> None:
    form.get_by_label("Email").fill("a@example.com")
    form.get_by_label("Card number").fill(number)
    form.get_by_label("Expiration").fill("12 / 34")
    form.get_by_label("CVC").fill("123")
    form.get_by_label(re.compile("^Name on")).fill("A Customer")


def submit(form: Page | FrameLocator) -> None:
    form.get_by_test_id("hosted-payment-submit-button").click()


def violations(page: Page, rules: list[str] | None = None) -> list[Json]:
    """Return axe-core's findings on the page, with all rules but the experimental ones."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(axe())
    only = {} if rules is None else {"runOnly": {"type": "rule", "values": rules}}
    found: list[Json] = page.evaluate(FIND_VIOLATIONS, only)
    return found


@cache
def axe() -> str:
    npm.install(PINS, INSTALLED)
    return (INSTALLED / "node_modules/axe-core/axe.min.js").read_text()


def watched(context: BrowserContext) -> list[str]:
    """Collect errors on pages, and requests to hosts other than ours and Stripe's."""
    complaints: list[str] = []
    context.on("weberror", lambda one: complaints.append(f"uncaught: {one.error}"))

    def check_request(request: Request) -> None:
        host = urlsplit(request.url).hostname
        if urlsplit(request.url).scheme.startswith("http") and host not in LOOPBACK:
            complaints.append(f"a request to {host}")

    def check_console(text: str) -> None:
        if "Content Security Policy" in text:
            complaints.append(text)

    context.on("request", check_request)
    context.on("console", lambda message: check_console(message.text))
    return complaints
