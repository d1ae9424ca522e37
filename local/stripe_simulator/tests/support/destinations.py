"""Event destinations of the v2 API, as tests make them."""

from typing import Any, Final

import stripe

COMPLETED: Final = "checkout.session.completed"
SECRET = "webhook_endpoint.signing_secret"
URL = "webhook_endpoint.url"


def destination(
    sdk: stripe.StripeClient,
    url: str,
    **more: Any,  # noqa: ANN401
) -> stripe.v2.core.EventDestination:
    params: Any = {
        "name": "OrdersTable",
        "type": "webhook_endpoint",
        "event_payload": "thin",
        "enabled_events": [f"v1.{COMPLETED}"],
        "webhook_endpoint": {"url": url},
        "include": [SECRET],
    }
    return sdk.v2.core.event_destinations.create(params | more)


def secret_of(made: stripe.v2.core.EventDestination) -> str:
    assert made.webhook_endpoint is not None
    assert made.webhook_endpoint.signing_secret is not None
    return made.webhook_endpoint.signing_secret
