"""The place of payment: Stripe's page or the merchant's (`ui_mode`)."""

from typing import Literal

from stripe_simulator.api.call import base_url
from stripe_simulator.api.errors import InvalidRequest
from stripe_simulator.api.parameters import Parameters, missing
from stripe_simulator.api.values import Url
from stripe_simulator.documents import Json
from stripe_simulator.identifiers import new_id

# The merchant's page does these itself: https://docs.stripe.com/api/checkout/sessions/create
NOT_WITH_ELEMENTS = (
    *("after_expiration", "branding_settings", "custom_fields", "custom_text", "optional_items"),
    *("origin_context", "submit_type"),
)
ON_MERCHANTS_PAGE = ("elements", "embedded_page")
# Absent, not null, in sessions on Stripe's page.
ABSENT = ("redirect_on_completion", "return_url")


class Place(Parameters):
    cancel_url: Url | None = None
    return_url: Url | None = None
    success_url: Url | None = None
    ui_mode: Literal["elements", "embedded_page", "form", "hosted_page"] = "hosted_page"


def require_addresses(place: Place) -> None:
    """Refuse URLs that do not fit the `ui_mode`, as Stripe does."""
    on_merchants_page = place.ui_mode in ON_MERCHANTS_PAGE
    required = "return_url" if on_merchants_page else "success_url"
    refused: tuple[str, ...] = (
        ("cancel_url", "success_url") if on_merchants_page else ("permissions", "return_url")
    )
    if place.ui_mode == "elements":
        refused += NOT_WITH_ELEMENTS
    given = [name for name in refused if name in place.model_fields_set]
    if given:
        raise InvalidRequest(
            f"The following parameters are not supported with `ui_mode: {place.ui_mode}`: "
            f"{', '.join(given)}.",
            param=given[0],
        )
    if getattr(place, required) is None:
        raise missing(required)


def placed(session: Json, place: Place) -> Json:
    """Set a new session's `url`, or its `client_secret` for a page of the merchant's own."""
    session = {name: value for name, value in session.items() if name not in ABSENT}
    session.update(place.model_dump(include={"cancel_url", "success_url", "ui_mode"}))
    if place.ui_mode not in ON_MERCHANTS_PAGE:
        return session | {"client_secret": None, "url": f"{base_url()}/c/pay/{session['id']}"}
    if place.ui_mode == "embedded_page":
        session["redirect_on_completion"] = "always"
    secret = new_id(f"{session['id']}_secret", 50)
    return session | {"client_secret": secret, "return_url": place.return_url, "url": None}


def closed() -> Json:
    """Return the fields of a session that is no longer open."""
    return {"client_secret": None, "url": None}
