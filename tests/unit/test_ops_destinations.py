"""The event destinations of a URL, at a simulator of Stripe."""

from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from ops.destinations import API_VERSION, EVENT_TYPES, NOT_YET, Destinations
from ops.errors import explained
from stripe_simulator.testing import Receiver, Running, fast, receiving, running

pytestmark = pytest.mark.enable_socket

URL = "https://hook.example/stripe"
LIMIT = 16


@pytest.fixture
def simulator() -> Iterator[Running]:
    with running(fast()) as one:
        yield one


@pytest.fixture
def ours(simulator: Running) -> Destinations:
    return Destinations(simulator.sdk, URL)


def endpoint(simulator: Running, url: str) -> str:
    """Register a webhook endpoint of Stripe's first API."""
    params: Any = {"url": url, "enabled_events": ["charge.refunded"]}
    return simulator.sdk.v1.webhook_endpoints.create(params).id


def test_a_new_destination_gets_no_events_until_it_may(ours: Destinations) -> None:
    made, secret = ours.register("checkout-test")
    assert secret.startswith("whsec_")
    assert made.is_unfinished
    assert not made.can_be_kept
    ours.receive(made)
    [found] = ours.registered()
    assert (found.id, found.events, found.enabled) == (made.id, EVENT_TYPES, True)
    assert (found.api, found.payload, found.api_version) == ("v2", "snapshot", API_VERSION)
    assert found.can_be_kept
    assert secret not in repr(found)
    assert NOT_YET.isdisjoint(EVENT_TYPES)


def test_both_apis_are_asked_and_the_newest_is_first(
    simulator: Running, ours: Destinations
) -> None:
    first = endpoint(simulator, URL)
    simulator.clock.now += 60
    second, _ = ours.register("checkout-test")
    simulator.clock.now += 60
    third = endpoint(simulator, URL)
    found = ours.registered()
    assert [(one.id, one.api) for one in found] == [
        (third, "v1"),
        (second.id, "v2"),
        (first, "v1"),
    ]
    assert not found[0].can_be_kept


@pytest.mark.parametrize("own", [URL, f"{URL}/"])
@pytest.mark.parametrize("registered", [URL, f"{URL}/"])
def test_a_trailing_slash_makes_no_other_url(simulator: Running, own: str, registered: str) -> None:
    Destinations(simulator.sdk, registered).register("checkout-test")
    endpoint(simulator, registered)
    assert {one.api for one in Destinations(simulator.sdk, own).registered()} == {"v1", "v2"}


@pytest.mark.parametrize(
    "url",
    [
        "https://hook.example/",
        f"{URL}/other",
        f"{URL}?a=1",
        "http://hook.example/stripe",
        "https://other.example/stripe",
    ],
)
def test_destinations_of_other_urls_are_not_ours(
    simulator: Running, ours: Destinations, url: str
) -> None:
    Destinations(simulator.sdk, url).register("theirs")
    endpoint(simulator, url)
    assert ours.registered() == []


def test_ours_is_found_among_all_that_an_account_may_have(
    simulator: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stripe may give fewer at a time than it is asked for: each page has one here."""
    oldest, _ = Destinations(simulator.sdk, URL).register("ours")
    first = endpoint(simulator, URL)
    for number in range((LIMIT - 2) // 2):
        Destinations(simulator.sdk, f"https://other.example/{number}").register("theirs")
        endpoint(simulator, f"https://other.example/{number}")
    sdk = simulator.sdk
    for service in (sdk.v2.core.event_destinations, sdk.v1.webhook_endpoints):
        whole = service.list

        def one_at_a_time(params: Any, whole: Any = whole) -> Any:  # noqa: ANN401
            return whole(params | {"limit": 1})

        monkeypatch.setattr(service, "list", one_at_a_time)
    found = Destinations(sdk, URL).registered()
    assert {one.id for one in found} == {oldest.id, first}
    asked = simulator.request("GET", "/_simulator/requests").json()
    assert sum(one["method"] == "GET" for one in asked) == LIMIT


def test_one_more_than_an_account_may_have_is_reported(
    simulator: Running, ours: Destinations
) -> None:
    for number in range(LIMIT):
        endpoint(simulator, f"https://other.example/{number}")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        ours.register("checkout-test")
    expected = (
        "Stripe refused the request: You have reached the maximum of 16 test webhook endpoints."
    )
    assert explained(refused.value) == expected
    assert ours.registered() == []


def test_those_of_either_api_are_disabled_and_removed(
    simulator: Running, ours: Destinations
) -> None:
    endpoint(simulator, URL)
    ours.register("checkout-test")
    for one in ours.registered():
        ours.disable(one)
    assert [one.enabled for one in ours.registered()] == [False, False]
    [v2] = [one for one in ours.registered() if one.api == "v2"]
    ours.enable(v2)
    assert [one.api for one in ours.registered() if one.enabled] == ["v2"]
    for one in ours.registered():
        ours.remove(one)
    assert ours.registered() == []


def test_a_ping_arrives_signed_with_the_destinations_secret(simulator: Running) -> None:
    with receiving() as receiver:
        ours = Destinations(simulator.sdk, receiver.url)
        made, secret = ours.register("checkout-test")
        event_id = ours.ping(made)
        assert authentic_id(receiver, secret) == event_id


def authentic_id(receiver: Receiver, secret: str) -> str:
    [delivery] = receiver.wait_for(1)
    sdk = stripe.StripeClient("sk_test_1")
    notification: Any = sdk.parse_event_notification(delivery.body, delivery.signature, secret)
    event_id: str = notification.id
    return event_id
