"""Whose requests the dashboard carries out: its own pages', and no other site's."""

from typing import TYPE_CHECKING

import httpx
import pytest

from stripe_simulator.testing import Running
from support.dashboards import Dashboard

if TYPE_CHECKING:
    from stripe_simulator.documents import Json

PATH = "/dashboard/behaviour"


@pytest.fixture
def token(simulator: Running) -> str:
    return Dashboard(simulator).open(PATH).inputs()["csrf_token"]


def pause(simulator: Running, token: str, **headers: str) -> httpx.Response:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    numbers = {"duplicates": "0", "drop_probability": "0", "delay_seconds": "0"}
    data = {"deliveries_paused": "true", "csrf_token": token, **numbers}
    return simulator.request("POST", PATH, data=data, headers=sent)


def is_paused(simulator: Running) -> bool:
    behaviour: Json = simulator.request("GET", "/_simulator/behaviour").json()
    return bool(behaviour["deliveries_paused"])


def test_own_page_may_act(simulator: Running, token: str) -> None:
    headers = {"Origin": simulator.url, "Sec_Fetch_Site": "same-origin"}
    assert pause(simulator, token, **headers).status_code == 303
    assert is_paused(simulator)


def test_program_without_a_browser_may_act_with_a_token(simulator: Running, token: str) -> None:
    assert pause(simulator, token).status_code == 303
    assert is_paused(simulator)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example", "Sec_Fetch_Site": "cross-site"},
        {"Origin": "https://evil.example"},
        {"Sec_Fetch_Site": "cross-site"},
        # Another server on this machine, as the shop's.
        {"Origin": "http://127.0.0.1:3000", "Sec_Fetch_Site": "same-site"},
        {"Origin": "http://127.0.0.1:3000"},
        {"Sec_Fetch_Site": "same-site"},
        # A sandboxed frame, or a page that hides who it is.
        {"Origin": "null"},
        {"Origin": "null", "Sec_Fetch_Site": "same-origin"},
    ],
)
def test_page_of_another_site_may_not(
    simulator: Running, token: str, headers: dict[str, str]
) -> None:
    """Not even with a token, which it can't know."""
    assert pause(simulator, token, **headers).status_code == 403
    assert not is_paused(simulator)


@pytest.mark.parametrize("forged", ["", "guessed", "é"])
def test_form_without_the_pages_token_is_refused(simulator: Running, forged: str) -> None:
    response = pause(simulator, forged, Origin=simulator.url)
    assert response.status_code == 403
    assert "Load it again" in response.text
    assert not is_paused(simulator)


def test_token_in_the_address_or_as_json_is_none(simulator: Running, token: str) -> None:
    for more in ({"params": {"csrf_token": token}}, {"json": {"csrf_token": token}}):
        assert simulator.request("POST", PATH, **more).status_code == 403
    assert not is_paused(simulator)


def test_tokens_of_two_simulators_differ(simulator: Running, simulator_live: Running) -> None:
    first, second = (
        Dashboard(one).open(PATH).inputs()["csrf_token"] for one in (simulator, simulator_live)
    )
    assert first != second


def test_other_names_for_this_machine_are_refused(simulator: Running) -> None:
    """A site can let its own name resolve to 127.0.0.1."""
    response = simulator.request("GET", "/", headers={"Host": "evil.example"})
    assert response.status_code == 403


@pytest.mark.parametrize("path", ["/dashboard/faults", "/dashboard/payments/pi_1/refund"])
def test_an_address_alone_changes_nothing(simulator: Running, path: str) -> None:
    """An image or a link can only GET."""
    assert simulator.request("GET", path).status_code == 405


@pytest.mark.parametrize("path", ["/", PATH, "/dashboard/payments/pi_unknown"])
def test_no_site_may_frame_or_read_it(simulator: Running, path: str) -> None:
    origin = {"Origin": "https://evil.example"}
    headers = simulator.request("GET", path, headers=origin).headers
    policy = headers["Content-Security-Policy"].split("; ")
    assert policy[0] == "default-src 'none'"
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "Access-Control-Allow-Origin" not in headers
    # With "no-referrer" a browser would send its own forms with `Origin: null`.
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
