"""The hosted page: what a Checkout Session's `url` shows to the person who pays."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from local.stripe_simulator.api.errors import StripeError
from local.stripe_simulator.documents import Json
from local.stripe_simulator.objects import checkout_payments, payment_methods
from local.stripe_simulator.objects.payment_methods import CreatePaymentMethod
from local.stripe_simulator.page import render
from local.stripe_simulator.simulator import Simulator

HEADERS = {
    "Cache-Control": "no-store",
    # No form-action: a browser would apply it to the redirect to the shop, too.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def routes(simulator: Simulator) -> list[Route]:
    page = CheckoutPage(simulator)
    return [
        Route("/c/pay/{id}", page.show, methods=["GET"]),
        Route("/c/pay/{id}", page.pay, methods=["POST"]),
    ]


class CheckoutPage:
    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._account = simulator.account

    async def show(self, request: Request) -> Response:
        session = self._session(request)
        if session is None:
            return _page(render.unknown(), 404)
        if session["status"] != "open":
            return _page(render.closed(session))
        return _page(self._form(session, {}))

    async def pay(self, request: Request) -> Response:
        session = self._session(request)
        if session is None:
            return _page(render.unknown(), 404)
        if session["status"] != "open":
            return _page(render.closed(session), 409)
        form = await request.form()
        given = {name: value for name, value in form.items() if isinstance(value, str)}
        try:
            self._pay(session, given)
        except StripeError as error:
            return _page(self._form(session, given, error.message), error.status)
        await self._simulator.redirect_may_go(session["id"])
        return RedirectResponse(checkout_payments.success_url(session), 303)

    def _session(self, request: Request) -> Json | None:
        self._simulator.schedule.run_due()
        return self._account.sessions.find(request.path_params["id"])

    def _pay(self, session: Json, given: Mapping[str, str]) -> None:
        method = None
        if session["amount_total"]:
            parameters = CreatePaymentMethod.read(_payment_method(session, given))
            method = payment_methods.create(self._account, parameters)
        checkout_payments.pay(self._account, session, method, session["amount_total"])

    def _form(self, session: Json, given: Mapping[str, str], message: str | None = None) -> str:
        items = self._account.checkout[session["id"]].line_items
        return render.form(session, items, given, message)


def _payment_method(session: Json, given: Mapping[str, str]) -> Json:
    email = session["customer_email"] or given.get("email", "")
    billing_details = {"email": email, "name": given.get("name", "")}
    if given.get("method") == "sepa_debit":
        details = {"type": "sepa_debit", "sepa_debit": {"iban": given.get("iban", "")}}
    else:
        details = {"type": "card", "card": {"number": given.get("card_number", "")}}
    return details | {"billing_details": billing_details}


def _page(html: str, status: int = 200) -> Response:
    return HTMLResponse(html, status, HEADERS)
