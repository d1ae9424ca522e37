"""The storefront as `make dev` serves it."""

import re
import socket
from collections.abc import Iterator

import httpx
import pytest

from local.machine.ports import NO_TLS, free_port
from local.machine.processes import LocalCloudError
from local.shop.storefront import (
    EMBEDDED_PAGE,
    FOLDER,
    HOSTED_PAGE,
    Config,
    local_frontend,
    storefront,
)

pytestmark = pytest.mark.enable_socket
CONFIG = Config("http://127.0.0.1:4566/api", EMBEDDED_PAGE, "http://127.0.0.1:12111")


@pytest.fixture
def shop() -> Iterator[httpx.Client]:
    frontend = local_frontend(free_port())
    with (
        storefront(frontend.origin, CONFIG) as url,
        httpx.Client(base_url=url, verify=NO_TLS) as client,
    ):
        yield client


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/", "Shop"),
        ("/index.html", "Shop"),
        ("/cart", "Cart"),
        ("/cart.html", "Cart"),
        ("/thanks?session_id=cs_test_1", "Your order"),
        ("/thanks.html?session_id=cs_test_1", "Your order"),
        ("/pay.html", "Payment"),
    ],
)
def test_pages_are_found_with_and_without_their_suffix(
    shop: httpx.Client, path: str, title: str
) -> None:
    response = shop.get(path)
    assert response.status_code == 200
    assert f"<title>{title} · " in response.text


def test_the_configuration_names_the_local_stack(shop: httpx.Client) -> None:
    assert shop.get("/config.json").json() == {
        "api_url": CONFIG.api_url,
        "ui_mode": "embedded_page",
        "publishable_key": None,
        "stripe_url": CONFIG.stripe_url,
    }


def test_the_configuration_to_copy_has_the_same_keys(shop: httpx.Client) -> None:
    copied = httpx.Response(200, content=(FOLDER / "config.json").read_bytes()).json()
    assert copied.keys() == shop.get("/config.json").json().keys()


def test_products_have_pictures(shop: httpx.Client) -> None:
    response = shop.get("/pictures/mug.svg")
    assert response.headers["content-type"] == "image/svg+xml"


@pytest.mark.parametrize("path", ["/nothing", "/nothing.html", "/../template.yaml", "/pictures/x"])
def test_what_is_not_there_is_not_found(shop: httpx.Client, path: str) -> None:
    assert shop.get(path).status_code == 404


def test_a_page_may_call_the_local_api_and_no_other(shop: httpx.Client) -> None:
    policy = shop.get("/").headers["content-security-policy"]
    [connect] = re.findall("connect-src ([^;]+)", policy)
    assert "http://127.0.0.1:4566" in connect.split()
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize("page", sorted(FOLDER.glob("*.html")), ids=lambda page: page.name)
def test_each_page_has_a_strict_policy(page: object) -> None:
    text = (FOLDER / str(page)).read_text()
    [policy] = re.findall('http-equiv="Content-Security-Policy" content="([^"]+)"', text)
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*src=)|<style| style=| on[a-z]+=", text)


def test_a_port_in_use_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(LocalCloudError, match=f"can't use port {port}.*FRONTEND_ORIGIN"),
            storefront(f"http://localhost:{port}", CONFIG),
        ):
            pass


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(LocalCloudError, match="STOREFRONT_UI_MODE must be one of hosted_page"):
        Config(CONFIG.api_url, "popup", None)
    Config(CONFIG.api_url, HOSTED_PAGE, None)
