"""Limits of endpoints and destinations: their number and their API versions."""

from typing import Any

import pytest
import stripe

from stripe_simulator.testing import Running
from support.destinations import COMPLETED, URL, destination
from support.refusals import refused

MAX = 16
LIMIT = "You have reached the maximum of 16 test webhook endpoints."


def endpoint(sdk: stripe.StripeClient, **more: Any) -> stripe.WebhookEndpoint:  # noqa: ANN401
    params: Any = {"url": "https://shop.example/webhook", "enabled_events": [COMPLETED]}
    return sdk.v1.webhook_endpoints.create(params | more)


def test_account_has_at_most_16_endpoints(sdk: stripe.StripeClient) -> None:
    made = [endpoint(sdk).id for _ in range(MAX)]
    with refused(400, LIMIT):
        endpoint(sdk)
    sdk.v1.webhook_endpoints.delete(made[0])
    endpoint(sdk)
    assert len(sdk.v1.webhook_endpoints.list({"limit": 100}).data) == MAX


def test_event_destinations_are_counted_too(sdk: stripe.StripeClient) -> None:
    first = destination(sdk, "https://shop.example/events")
    for _ in range(MAX - 2):
        destination(sdk, "https://shop.example/events")
    endpoint(sdk)
    with refused(400, LIMIT):
        destination(sdk, "https://shop.example/events")
    with refused(400, LIMIT):
        endpoint(sdk)
    # A disabled one counts, a deleted one does not.
    sdk.v2.core.event_destinations.disable(first.id)
    with refused(400, LIMIT):
        destination(sdk, "https://shop.example/events")
    sdk.v2.core.event_destinations.delete(first.id)
    destination(sdk, "https://shop.example/events")


def test_live_account_has_its_own_words(simulator_live: Running) -> None:
    for _ in range(MAX):
        endpoint(simulator_live.sdk)
    with refused(400, LIMIT.replace("test ", "")):
        endpoint(simulator_live.sdk)


@pytest.mark.parametrize("version", ["2026-10-01.dahlia", "latest", "2026-08-26.preview"])
def test_unknown_version_is_refused(sdk: stripe.StripeClient, version: str) -> None:
    message = f"Invalid Stripe API version: {version}"
    with refused(400, message, param="api_version"):
        endpoint(sdk, api_version=version)
    with refused(400, message, param="snapshot_api_version"):
        destination(
            sdk,
            "https://shop.example/events",
            event_payload="snapshot",
            enabled_events=[COMPLETED],
            snapshot_api_version=version,
        )
    assert sdk.v2.core.event_destinations.list().data == []


def test_version_of_the_sdk_is_taken(sdk: stripe.StripeClient) -> None:
    made = destination(
        sdk,
        "https://shop.example/events",
        event_payload="snapshot",
        enabled_events=[COMPLETED],
        snapshot_api_version=stripe.api_version,
    )
    assert made.snapshot_api_version == stripe.api_version
    assert endpoint(sdk, api_version=stripe.api_version).api_version == stripe.api_version


def test_page_of_destinations_names_the_next(simulator: Running, sdk: stripe.StripeClient) -> None:
    made = [destination(sdk, f"https://shop.example/{n}").id for n in range(5)]
    headers = {"Authorization": f"Bearer {simulator.secret_key}"}
    path, lengths, seen = f"/v2/core/event_destinations?limit=2&include[0]={URL}", [], []
    while path:
        page = simulator.request("GET", path, headers=headers).json()
        lengths.append(len(page["data"]))
        seen += [(one["id"], one["webhook_endpoint"]["url"]) for one in page["data"]]
        path = page["next_page_url"]
    assert lengths == [2, 2, 1]
    assert seen == [(made[n], f"https://shop.example/{n}") for n in (4, 3, 2, 1, 0)]


def test_unknown_page_is_refused(sdk: stripe.StripeClient) -> None:
    params: Any = {"page": "page_none"}
    with refused(400, "Invalid page: page_none", param="page"):
        sdk.v2.core.event_destinations.list(params)


def test_deleted_destination_is_named(simulator: Running, sdk: stripe.StripeClient) -> None:
    made = destination(sdk, "https://shop.example/events")
    headers = {"Authorization": f"Bearer {simulator.secret_key}"}
    path = f"/v2/core/event_destinations/{made.id}"
    response = simulator.request("DELETE", path, headers=headers)
    assert (response.status_code, response.json()) == (
        200,
        {"id": made.id, "object": "v2.core.event_destination"},
    )
    again = simulator.request("DELETE", path, headers=headers)
    assert (again.status_code, again.json()["error"]["code"]) == (404, "not_found")


def test_status_details_say_who_disabled_it(simulator: Running, sdk: stripe.StripeClient) -> None:
    made = destination(sdk, "https://shop.example/events")
    path = f"/v2/core/event_destinations/{made.id}"
    assert simulator.get(path)["status_details"] is None
    sdk.v2.core.event_destinations.disable(made.id)
    shown = simulator.get(path)
    assert shown["status"] == "disabled"
    assert shown["status_details"] == {"disabled": {"reason": "user"}}
    sdk.v2.core.event_destinations.enable(made.id)
    assert simulator.get(path)["status_details"] is None


def test_unknown_thin_event_is_not_found(sdk: stripe.StripeClient) -> None:
    with refused(404, "No such event: 'evt_test_none'", code="not_found"):
        sdk.v2.core.events.retrieve("evt_test_none")
