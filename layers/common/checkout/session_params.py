"""Builds the parameters of a Checkout Session from a request."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checkout.api.refusals import invalid
from checkout.return_urls import on_allowed_origin, with_session_id
from checkout.stripe.options import Options, overridden, with_options
from checkout.stripe.readers import ADJUSTABLE, FINGERPRINT

if TYPE_CHECKING:
    from stripe.params.checkout import SessionCreateParams

    from checkout.api.models import CheckoutRequest
    from checkout.settings import Settings


@dataclass(frozen=True, slots=True)
class SessionParams:
    """`mark` returns the metadata that links sessions and payments to their orders."""

    settings: "Settings"
    mark: Callable[[str], dict[str, str]]
    options: Options

    def of(
        self,
        request: "CheckoutRequest",
        prices: list[str | None],
        order_id: str,
        fingerprint: str,
    ) -> "SessionCreateParams":
        """Return the parameters; raise InvalidRequest for a URL whose origin is not allowed."""
        mark = self.mark(order_id)
        params: SessionCreateParams = {
            "mode": "payment",
            "line_items": [
                item.line_item(price) for price, item in zip(prices, request.items, strict=True)
            ],
            "metadata": {**(request.metadata or {}), **mark, FINGERPRINT: fingerprint},
            # Charges copy this metadata, which links refunds and disputes to the order.
            "payment_intent_data": {"metadata": mark},
        }
        if request.is_adjustable:
            params["metadata"][ADJUSTABLE] = "true"
        if request.customer_email is not None:
            params["customer_email"] = request.customer_email
        if request.client_reference_id is not None:
            params["client_reference_id"] = request.client_reference_id
        if request.locale is not None:
            params["locale"] = request.locale
        self._add_return_urls(params, request)
        params |= request.own_params()
        return with_options(params, overridden(self.options, request.own_options))

    def _add_return_urls(self, params: "SessionCreateParams", request: "CheckoutRequest") -> None:
        if return_url := self._return_url("return_url", request.return_url):
            params["ui_mode"] = str(request.ui_mode)
            params["return_url"] = return_url
            return
        # hosted_page is Stripe's default and is not sent: a new parameter would make Stripe treat
        # the retry of a request from before a deploy as a different one.
        params["success_url"] = self._return_url(
            "success_url", request.success_url
        ) or with_session_id(self.settings.default_success_url)
        params["cancel_url"] = (
            self._return_url("cancel_url", request.cancel_url) or self.settings.default_cancel_url
        )

    def _return_url(self, name: str, url: str | None) -> str | None:
        if url is None:
            return None
        try:
            on_allowed_origin(url, self.settings.allowed_origins)
            return url if name == "cancel_url" else with_session_id(url)
        except ValueError as error:
            raise invalid(f"/{name}", str(error)) from None
