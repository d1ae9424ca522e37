"""The origin of the frontend that `make dev` lets in."""

import pytest

from local.commands.dev import own_frontend
from local.machine.console import Console
from local.machine.ports import free_port
from local.machine.processes import LocalCloudError
from local.shop.frontend import DEFAULT_ORIGIN, frontend_origin
from tests.support.stack import load_template


def test_without_a_variable_it_is_the_templates_default() -> None:
    parameter = load_template()["Parameters"]["AllowedOrigins"]
    assert frontend_origin({}) == DEFAULT_ORIGIN == parameter["Default"]


@pytest.mark.parametrize(
    "origin", ["http://localhost:5173", "http://127.0.0.1:8080", "https://shop.example"]
)
def test_an_origin_as_browsers_send_it_is_taken(origin: str) -> None:
    assert frontend_origin({"FRONTEND_ORIGIN": origin}) == origin


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "*",
        "null",
        "localhost:5173",
        "http://localhost:5173/",
        "http://Localhost:5173",
        "http://localhost:80",
        "http://shop.example",
        "https://shop.example:443",
        "https://shop.example, https://other.example",
    ],
)
def test_any_other_is_refused_with_what_to_do(origin: str) -> None:
    with pytest.raises(LocalCloudError, match="must be one origin as browsers send it"):
        frontend_origin({"FRONTEND_ORIGIN": origin})


def test_a_frontend_of_ones_own_takes_the_storefronts_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FRONTEND_ORIGIN", "http://localhost:5173")
    assert own_frontend(Console()) is None


@pytest.mark.enable_socket
def test_the_storefront_is_on_the_port_that_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.delenv("FRONTEND_ORIGIN", raising=False)
    monkeypatch.setenv("STOREFRONT_PORT", str(port))
    frontend = own_frontend(Console())
    assert frontend is not None
    assert frontend.origin == f"http://localhost:{port}"
    assert frontend.pictures_url == f"http://localhost:{port}/pictures"
