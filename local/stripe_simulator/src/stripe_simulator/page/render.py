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
# By the session's submit_type.
VERBS = {"book": "Book", "donate": "Donate"}


def form(account: Account, typed: Typed, mistakes: Mistakes, frame: Frame | None = None) -> str:
    """The page of an open session."""
    session = typed.session
    amount = written(session["amount_total"], session["currency"])
    verb = VERBS.get(session["submit_type"] or "", "Pay")
    return TEMPLATES.get_template("pay.html").render(
        button=f"{verb} {amount}" if session["amount_total"] else "Place order",
        cards=CARDS,
        countries=countries.COUNTRIES,
        frame=frame,
        ibans=IBANS,
        ids=IDS,
        items=[_item(account, item) for item in account.checkout[session["id"]].line_items],
        mistakes=mistakes,
        session=session,
        shop=account.settings.shop_name,
        title=f"{verb} {amount}",
        typed=typed,
    )


def closed(account: Account, session: Json) -> str:
    """The page of a session that is complete or expired."""
    if session["status"] == "complete":
        heading, message, url = "You're all done", _done(session), success_url(session)
    else:
        heading, message = "This page has expired", "Nothing was charged."
        url = session["cancel_url"] or success_url(session)
    return _notice(account, heading=heading, message=message, url=url)


def unknown(account: Account) -> str:
    message = "There is no such page to pay on. Go back to the shop and check out again."
    return _notice(account, heading="Something went wrong", message=message, url=None)


def _done(session: Json) -> str:
    if session["payment_status"] == "unpaid":
        return "Your bank is processing the payment."
    return "This order is paid. You can close this page."


def _notice(account: Account, **values: str | None) -> str:
    template = TEMPLATES.get_template("notice.html")
    return template.render(shop=account.settings.shop_name, **values)


def _item(account: Account, item: Json) -> Json:
    """A line item with what its product shows."""
    product = account.products.find(item["price"]["product"]) or {}
    images = product.get("images") or [None]
    return item | {"image": images[0], "about": product.get("description")}
