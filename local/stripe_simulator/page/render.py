"""The hosted page as HTML. Everything that comes from outside is escaped here, by `_fill`."""

from collections.abc import Mapping
from html import escape
from pathlib import Path
from string import Template

from local.stripe_simulator.documents import Json
from local.stripe_simulator.objects.checkout_payments import success_url
from local.stripe_simulator.objects.currencies import written

PAGE = Template((Path(__file__).parent / "page.html").read_text())

FORM = Template("""
<h1>Pay $amount</h1>
$alert
<table>
<caption>Your order</caption>
<thead><tr>
<th scope="col">Item</th><th scope="col">Quantity</th><th scope="col">Amount</th>
</tr></thead>
<tbody>$rows</tbody>
<tfoot><tr><th scope="row" colspan="2">Total</th><td>$amount</td></tr></tfoot>
</table>
<form method="post">
<label>Email
<input type="email" name="email" autocomplete="email" required value="$email" $email_locked></label>
<label>Name
<input name="name" autocomplete="name" required value="$name"></label>
$methods
<button type="submit">Pay $amount</button>
</form>
$cancel
""")
ROW = Template("<tr><td>$name</td><td>$quantity</td><td>$amount</td></tr>")
ALERT = Template('<p role="alert">$message</p>')
CANCEL = Template('<p><a href="$url">Cancel and go back</a></p>')
METHODS = {
    "card": Template("""
<fieldset><legend>Card</legend>
<label><input type="radio" name="method" value="card" $checked> Pay by card</label>
<label>Card number
<input name="card_number" inputmode="numeric" autocomplete="cc-number" list="cards" value="$number">
</label>
<datalist id="cards">
<option value="4242 4242 4242 4242">pays</option>
<option value="4000 0000 0000 0002">is declined</option>
<option value="4000 0000 0000 9995">has insufficient funds</option>
<option value="4000 0000 0000 0259">pays, and is disputed</option>
<option value="4000 0000 0000 5126">pays, and its refunds fail</option>
</datalist>
</fieldset>
"""),
    "sepa_debit": Template("""
<fieldset><legend>SEPA Direct Debit</legend>
<label><input type="radio" name="method" value="sepa_debit" $checked> Pay by bank debit</label>
<label>IBAN
<input name="iban" autocomplete="off" list="ibans" value="$iban"></label>
<datalist id="ibans">
<option value="AT61 1904 3002 3457 3201">pays, after a while</option>
<option value="IT60 X054 2811 1010 0000 0123 456">fails, after a while</option>
</datalist>
</fieldset>
"""),
}
NOTICE = Template('<h1>$heading</h1>\n<p>$message</p>\n<p><a href="$url">Back to the shop</a></p>')


def form(
    session: Json, items: list[Json], given: Mapping[str, str], message: str | None = None
) -> str:
    """The page of an open session; `given` is what was typed before, `message` what was wrong."""
    amount = written(session["amount_total"], session["currency"])
    cancel = session["cancel_url"]
    content = FORM.substitute(
        amount=escape(amount),
        alert=_fill(ALERT, message=message) if message else "",
        rows="".join(_row(item) for item in items),
        email=escape(session["customer_email"] or given.get("email", "")),
        email_locked="readonly" if session["customer_email"] else "",
        name=escape(given.get("name", "")),
        methods=_methods(session, given) if session["amount_total"] else "",
        cancel=_fill(CANCEL, url=cancel) if cancel else "",
    )
    return PAGE.substitute(title=escape(f"Pay {amount}"), content=content)


def closed(session: Json) -> str:
    """The page of a session that is complete or expired."""
    if session["status"] == "complete":
        heading, message, url = "You're all done", "This page is paid.", success_url(session)
    else:
        heading, message = "This page has expired", "Nothing was charged."
        url = session["cancel_url"] or session["success_url"]
    return _notice(heading, message, url)


def unknown() -> str:
    return PAGE.substitute(
        title="Something went wrong",
        content="<h1>Something went wrong</h1>\n<p>There is no such page to pay on.</p>",
    )


def _notice(heading: str, message: str, url: str) -> str:
    content = _fill(NOTICE, heading=heading, message=message, url=url)
    return PAGE.substitute(title=escape(heading), content=content)


def _row(item: Json) -> str:
    amount = written(item["amount_total"], item["currency"])
    return _fill(ROW, name=item["description"], quantity=item["quantity"], amount=amount)


def _methods(session: Json, given: Mapping[str, str]) -> str:
    types: list[str] = session["payment_method_types"]
    chosen = given.get("method", types[0])
    return "".join(
        _fill(
            METHODS[type_],
            checked="checked" if type_ == chosen else "",
            number=given.get("card_number", ""),
            iban=given.get("iban", ""),
        )
        for type_ in types
    )


def _fill(template: Template, **values: object) -> str:
    return template.substitute({name: escape(str(value)) for name, value in values.items()})
