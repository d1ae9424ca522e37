"""The payment page at a Checkout Session's `url`, and the same form for a frame in the shop's page,
by the session's `client_secret`.

The form works without a script: it is posted, and the response redirects to the shop or shows the
page again with the mistakes. The page's script posts the same form and requests JSON: `{"redirect":
URL}`, or `{"mistakes": {FIELD: {"code", "message"}}}`, or `{"closed": true}`. With the field
`update`, nothing is paid: the response is the page with the amounts of what was chosen, or
`{"order": HTML, "button": TEXT, "amount": INTEGER, "mistakes": {…}}`.
"""

from collections.abc import Mapping
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from stripe_simulator.api.errors import StripeError
from stripe_simulator.documents import Json
from stripe_simulator.objects import (
    authentication,
    checkout_choices,
    checkout_details,
    checkout_payments,
    payment_methods,
)
from stripe_simulator.objects.checkout_choices import Choices
from stripe_simulator.objects.currencies import written
from stripe_simulator.objects.payment_methods import CreatePaymentMethod
from stripe_simulator.page import render
from stripe_simulator.page.asked import asked
from stripe_simulator.page.form import Mistake, Mistakes, Typed, refused
from stripe_simulator.page.frames import Frame, framed
from stripe_simulator.simulator import Simulator
from stripe_simulator.web.templating import html


def routes(simulator: Simulator) -> list[Route]:
    page = CheckoutPage(simulator)
    return [
        Route("/c/pay/{id}", page.show, methods=["GET"]),
        Route("/c/pay/{id}", page.pay, methods=["POST"]),
        Route("/c/embed/{client_secret}", page.show, methods=["GET"]),
        Route("/c/embed/{client_secret}", page.pay, methods=["POST"]),
    ]


class CheckoutPage:
    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._account = simulator.account

    async def show(self, request: Request) -> Response:
        session, frame = self._find(request)
        if session is None:
            return self._unknown()
        if session["status"] != "open":
            return _page(render.closed(self._account, session), frame)
        typed = self._typed(session, {})
        # The tax of the preselected country.
        if session["automatic_tax"]["enabled"]:
            with suppress(StripeError):
                checkout_choices.apply(self._account, session, Choices(), typed.country)
        return _page(render.form(self._account, typed, {}, frame), frame)

    async def pay(self, request: Request) -> Response:
        session, frame = self._find(request)
        if session is None:
            return self._unknown()
        as_json = request.headers.get("accept") == "application/json"
        if session["status"] == "open":
            form = await request.form()
            values = {name: value for name, value in form.items() if isinstance(value, str)}
            typed = self._typed(session, values)
            if "update" in values:
                return self._updated(typed, frame, as_json=as_json)
            status, mistakes = self._pay(typed)
            if mistakes and as_json:
                return JSONResponse({"mistakes": _shown(mistakes)}, status)
            if mistakes:
                return _page(render.form(self._account, typed, mistakes, frame), frame, status)
            if checkout_payments.awaits_authentication(self._account, session):
                url = f"{authentication.PATH}/{session['payment_intent']}"
                return JSONResponse({"redirect": url}) if as_json else RedirectResponse(url, 303)
        return await self._closed(session, frame, as_json=as_json)

    async def _closed(self, session: Json, frame: Frame | None, *, as_json: bool) -> Response:
        # Complete: paid now, or by an earlier click.
        if session["status"] == "complete":
            await self._simulator.redirect_may_go(session["id"])
            url = checkout_payments.success_url(session)
            return JSONResponse({"redirect": url}) if as_json else RedirectResponse(url, 303)
        if as_json:
            return JSONResponse({"closed": True}, 409)
        return _page(render.closed(self._account, session), frame, 409)

    def _find(self, request: Request) -> tuple[Json | None, Frame | None]:
        self._simulator.schedule.run_due()
        secret = request.path_params.get("client_secret")
        if secret is not None:
            return framed(self._account, secret)
        session = self._account.sessions.find(request.path_params["id"])
        if session is None or session["ui_mode"] != "hosted_page":
            return None, None
        return session, None

    def _typed(self, session: Json, values: Mapping[str, str]) -> Typed:
        customer = self._account.customers.find(session["customer"] or "") or {}
        email = session["customer_email"] or customer.get("email")
        return Typed(session, values, asked(self._account, session), email)

    def _updated(self, typed: Typed, frame: Frame | None, *, as_json: bool) -> Response:
        """Respond with the page and the amounts for the customer's choices, before payment."""
        status, mistakes = self._choose(typed)
        typed = self._typed(typed.session, typed.values)
        if as_json:
            parts = render.order(self._account, typed)
            return JSONResponse(parts | {"mistakes": _shown(mistakes)}, status)
        return _page(render.form(self._account, typed, mistakes, frame), frame, status)

    def _choose(self, typed: Typed) -> tuple[int, Mistakes]:
        try:
            checkout_choices.apply(self._account, typed.session, typed.details(), typed.country)
        except StripeError as error:
            return error.status, refused(error, typed.asked)
        return 200, {}

    def _pay(self, typed: Typed) -> tuple[int, Mistakes]:
        """Pay; return the status and the mistakes, none if it is paid."""
        status, mistakes = self._choose(typed)
        mistakes = mistakes or {**typed.mistakes(), **self._problems(typed)}
        if mistakes:
            return max(status, 400), mistakes
        session = typed.session
        amount = session["amount_total"]
        if typed.get("shown_amount") not in {None, str(amount)}:
            total = written(amount, session["currency"])
            message = f"The total is now {total}. Check it, and pay again."
            return 400, {"": Mistake(message, "checkout_amount_mismatch")}
        try:
            method = self._method(typed) if amount else None
            checkout_payments.pay(self._account, session, method, amount, typed.details())
        except StripeError as error:
            return error.status, refused(error, typed.asked)
        return 200, {}

    def _problems(self, typed: Typed) -> Mistakes:
        """Return the session's required details that are missing, by field."""
        billing = typed.payment_method()["billing_details"]["address"]
        found = checkout_details.problems(self._account, typed.session, typed.details(), billing)
        return {
            typed.asked.named(one.param): Mistake(one.message, f"incomplete_{one.param}")
            for one in found
        }

    def _method(self, typed: Typed) -> Json:
        if typed.saved_method is not None:
            return payment_methods.named(self._account, typed.saved_method, "payment_method")
        parameters = CreatePaymentMethod.read(typed.payment_method())
        return payment_methods.create(self._account, parameters)

    def _unknown(self) -> Response:
        return _page(render.unknown(self._account), None, 404)


def _shown(mistakes: Mistakes) -> Json:
    return {
        field: {"code": mistake.code, "message": mistake.message}
        for field, mistake in mistakes.items()
    }


def _page(content: str, frame: Frame | None, status: int = 200) -> Response:
    # No form-action: browsers would also apply it to the redirect to the shop.
    parent = frame.shop if frame and frame.shop else "'none'"
    return html(content, status, policy=f"frame-ancestors {parent}")
