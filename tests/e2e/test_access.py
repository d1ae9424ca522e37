"""The shop by keyboard alone, and its amounts as people of a place write them."""

import pytest
from playwright.sync_api import Page, expect

from local.shop.customer import GOOD_CARD
from tests.e2e.conftest import NewShopper
from tests.e2e.shopper import Shopper
from tests.support.samples import sample

THANKS = "Thank you for your order"
MOST_TABS = 60
FOCUSED = "document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.innerText"


def tab_to(page: Page, name: str) -> None:
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if (page.evaluate(FOCUSED) or "").strip() == name:
            return
    raise AssertionError(f"{name} is not reached by the Tab key")


def tab_to_field(page: Page, field: str) -> None:
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement?.id") == field:
            return
    raise AssertionError(f"{field} is not reached by the Tab key")


def test_a_purchase_by_keyboard_alone(shopper: Shopper) -> None:
    page = shopper.page
    shopper.visit()
    expect(page.get_by_role("button", name="Add to cart: Mug")).to_be_visible()
    tab_to(page, "Skip to the content")
    tab_to(page, "Add to cart: Mug")
    page.keyboard.press("Enter")
    tab_to(page, "One Mug more")
    page.keyboard.press("Space")
    shopper.has_in_cart(2)
    tab_to(page, "Check out")
    page.keyboard.press("Enter")
    shopper.reach_payment()
    typed = {
        "email": "a@example.com",
        "cardNumber": GOOD_CARD,
        "cardExpiry": "1234",
        "cardCvc": "123",
        "billingName": "A Customer",
    }
    for field, text in typed.items():
        tab_to_field(page, field)
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    shopper.come_back(THANKS)
    tab_to(page, "Continue shopping")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Add to cart: Mug")).to_be_visible()


def test_removing_a_line_keeps_the_focus_in_the_cart(shopper: Shopper) -> None:
    shopper.visit()
    shopper.add("Mug")
    removal = shopper.page.get_by_role("button", name="Remove Mug")
    removal.focus()
    shopper.page.keyboard.press("Enter")
    expect(shopper.page.get_by_role("heading", name="Your cart")).to_be_focused()
    said = shopper.page.locator("#announcement")
    expect(said).to_have_text("Mug removed from your cart.")
    expect(shopper.page.get_by_text("Your cart is empty.")).to_be_visible()


@pytest.mark.parametrize(
    ("locale", "mug", "matcha", "coffee_pot"),
    [
        ("en-GB", "€12.00", "JP¥1,500", "KWD 12.340"),
        ("de-DE", "12,00 €", "1.500 ¥", "12,340 KWD"),
        ("ja-JP", "€12.00", "￥1,500", "KWD 12.340"),
    ][: sample(some=1, all=3)],
)
def test_amounts_have_the_digits_of_their_currency(
    new_shopper: NewShopper, locale: str, mug: str, matcha: str, coffee_pot: str
) -> None:
    shopper = new_shopper(locale=locale)
    shopper.visit()
    for name, amount in {"Mug": mug, "Matcha": matcha, "Coffee pot": coffee_pot}.items():
        card = shopper.page.locator(".card").filter(
            has=shopper.page.get_by_role("heading", name=name, exact=True)
        )
        expect(card.locator(".price")).to_have_text(amount)
