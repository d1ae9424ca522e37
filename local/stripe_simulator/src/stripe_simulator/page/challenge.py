"""The bank's authentication page for 3D Secure cards."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from stripe_simulator.api.errors import CardDeclined
from stripe_simulator.documents import Json
from stripe_simulator.objects import authentication, checkout_payments
from stripe_simulator.page import render
from stripe_simulator.simulator import Simulator
from stripe_simulator.web.templating import html


def routes(simulator: Simulator) -> list[Route]:
    page = ChallengePage(simulator)
    path = f"{authentication.PATH}/{{id}}"
    return [
        Route(path, page.show, methods=["GET"]),
        Route(path, page.respond, methods=["POST"]),
    ]


class ChallengePage:
    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._account = simulator.account

    async def show(self, request: Request) -> Response:
        intent = self._find(request)
        if intent is None:
            return self._over()
        return html(render.challenge(self._account, intent), 200, policy="frame-ancestors 'none'")

    async def respond(self, request: Request) -> Response:
        intent = self._find(request)
        if intent is None:
            return self._over()
        form = await request.form()
        return_url = intent["next_action"].get("redirect_to_url", {}).get("return_url")
        try:
            passed = form.get("outcome") == "complete"
            checkout_payments.authenticate(self._account, intent, passed=passed)
        except CardDeclined:
            passed = False
        return await self._leave(intent, return_url, passed=passed)

    async def _leave(self, intent: Json, return_url: str | None, *, passed: bool) -> Response:
        sessions = self._account.sessions
        session = next((one for one in sessions if one["payment_intent"] == intent["id"]), None)
        if session is not None and passed:
            await self._simulator.redirect_may_go(session["id"])
            return RedirectResponse(checkout_payments.success_url(session), 303)
        if session is not None and session["url"]:
            return RedirectResponse(session["url"], 303)
        if return_url is None:
            return self._over()
        query = {
            "payment_intent": intent["id"],
            "payment_intent_client_secret": intent["client_secret"],
            "redirect_status": "succeeded" if passed else "failed",
        }
        separator = "&" if "?" in return_url else "?"
        return RedirectResponse(f"{return_url}{separator}{urlencode(query)}", 303)

    def _find(self, request: Request) -> Json | None:
        self._simulator.schedule.run_due()
        intent = self._account.payment_intents.find(request.path_params["id"])
        return intent if intent and intent["status"] == authentication.STATUS else None

    def _over(self) -> Response:
        content = render.notice(
            self._account,
            heading="The authentication is over",
            message="You can close this page.",
            url=None,
        )
        return html(content, 200, policy="frame-ancestors 'none'")
