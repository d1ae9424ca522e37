"""The payment page as HTML."""

from pathlib import Path

from stripe_simulator.documents import Json
from stripe_simulator.objects.account import Account
from stripe_simulator.objects.checkout_payments import success_url
from stripe_simulator.objects.currencies import written
from stripe_simulator.page import countries
from stripe_simulator.page.form import IDS, Mistakes, Typed
from stripe_simulator.page.frames import Frame
from stripe_simulator.page.test_values import CARDS, IBANS
from stripe_simulator.web.templating import environment

TEMPLATES = environment(Path(__file__).parent / "templates")
# The button's verb by the session's submit_type.
VERBS = {"book": "Book", "donate": "Donate"}


def form(account: Account, typed: Typed, mistakes: Mistakes, frame: Frame | None = None) -> str:
    """Render the page of an open session."""
    session = typed.session
    return TEMPLATES.get_template("pay.html").render(
        **order(account, typed),
        asked=typed.asked,
        cards=CARDS,
        countries=countries.COUNTRIES,
        frame=frame,
        ibans=IBANS,
        ids=IDS | {one.name: one.id_ for one in typed.asked.fields},
        mistakes=mistakes,
        session=session,
        shop=account.settings.shop_name,
        typed=typed,
    )


def order(account: Account, typed: Typed) -> Json:
    """Render the parts of the page that change with the customer's choices."""
    session = typed.session
    amount = written(session["amount_total"], session["currency"])
    verb = VERBS.get(session["submit_type"] or "", "Pay")
    section = TEMPLATES.get_template("order.html").render(
        items=[_item(account, item) for item in account.checkout[session["id"]].line_items],
        session=session,
        shop=account.settings.shop_name,
    )
    button = f"{verb} {amount}" if session["amount_total"] else "Place order"
    return {"order": section, "button": button, "amount": session["amount_total"]}


def closed(account: Account, session: Json) -> str:
    """Render the page of a complete or expired session."""
    if session["status"] == "complete":
        heading, message, url = "You're all done", _done(session), success_url(session)
    else:
        heading, message = "This page has expired", "Nothing was charged."
        url = session["cancel_url"] or success_url(session)
    return notice(account, heading=heading, message=message, url=url)


def unknown(account: Account) -> str:
    message = "There is no such page to pay on. Go back to the shop and check out again."
    return notice(account, heading="Something went wrong", message=message, url=None)


def challenge(account: Account, intent: Json) -> str:
    """Render the bank's authentication page."""
    amount = written(intent["amount"], intent["currency"])
    template = TEMPLATES.get_template("challenge.html")
    return template.render(amount=amount, shop=account.settings.shop_name)


def _done(session: Json) -> str:
    if session["payment_status"] == "unpaid":
        return "Your bank is processing the payment."
    return "This order is paid. You can close this page."


def notice(account: Account, **values: str | None) -> str:
    template = TEMPLATES.get_template("notice.html")
    return template.render(shop=account.settings.shop_name, **values)


def _item(account: Account, item: Json) -> Json:
    """Return a line item with its product's name and picture."""
    product = account.products.find(item["price"]["product"]) or {}
    images = product.get("images") or [None]
    return item | {"image": images[0], "about": product.get("description")}
