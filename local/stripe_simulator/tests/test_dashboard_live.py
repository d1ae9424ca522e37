"""The dashboard's live events: one after each change, and none without."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from stripe_simulator.testing import NO_TLS, WAIT_SECONDS, Receiver, Running, Shop
from support.dashboards import Dashboard


@contextmanager
def listening(simulator: Running, path: str, **headers: str) -> Iterator[Iterator[str]]:
    """The versions that a page is sent. The next one is awaited for a while, then an error."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    with (
        httpx.Client(verify=NO_TLS, timeout=WAIT_SECONDS) as client,
        client.stream("GET", f"{simulator.url}{path}", headers=sent) as response,
    ):
        assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert response.headers["Cache-Control"] == "no-store"
        assert "Access-Control-Allow-Origin" not in response.headers
        lines = (line for line in response.iter_lines() if line.startswith("data: "))
        yield (line.removeprefix("data: ") for line in lines)


def seen(simulator: Running) -> str:
    return Dashboard(simulator).open("/").one("body").attributes["data-version"]


def test_change_of_the_api_is_announced(simulator: Running, shop: Shop) -> None:
    with listening(simulator, f"/dashboard/live?seen={seen(simulator)}") as versions:
        shop.paid_session()
        version = next(versions)
    assert int(version) <= int(seen(simulator))


def test_what_happened_before_the_connection_is_not_missed(simulator: Running, shop: Shop) -> None:
    before = seen(simulator)
    shop.session()
    with listening(simulator, f"/dashboard/live?seen={before}") as versions:
        assert next(versions) == seen(simulator)


def test_lost_connection_goes_on_from_its_last_event(simulator: Running, shop: Shop) -> None:
    before = seen(simulator)
    shop.session()
    now = seen(simulator)
    with listening(simulator, f"/dashboard/live?seen={before}", Last_Event_ID=now) as versions:
        shop.session()
        assert int(next(versions)) > int(now)


@pytest.mark.parametrize("nonsense", ["", "?seen=", "?seen=soon", "?seen=-1", "?seen=²"])
def test_page_of_no_version_is_sent_the_first(simulator: Running, nonsense: str) -> None:
    with listening(simulator, f"/dashboard/live{nonsense}") as versions:
        assert next(versions) == seen(simulator)


def test_delivery_and_behaviour_are_announced(simulator: Running, receiver: Receiver) -> None:
    simulator.sdk.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["*"]})
    simulator.behave(deliveries_paused=True)
    simulator.sdk.v1.products.create({"name": "Mug"})
    with listening(simulator, f"/dashboard/live?seen={seen(simulator)}") as versions:
        simulator.behave(deliveries_paused=False)
        receiver.wait_for(1)
        simulator.wait_for_attempts(1)
        last = seen(simulator)
        while next(versions) != last:
            continue


def test_what_changes_nothing_is_not_announced(simulator: Running) -> None:
    before = seen(simulator)
    for path in ("/", "/dashboard/payments", "/_simulator/behaviour", "/_assets/simulator.css"):
        assert simulator.request("GET", path).status_code == 200
    simulator.get("/v1/products")
    assert seen(simulator) == before
