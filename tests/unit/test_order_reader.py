"""The order's history for the live view: for programs of this machine, not for web pages."""

import asyncio
from http import HTTPStatus

import httpx
import pytest
from starlette.applications import Starlette

from local.shop import order_reader

ORDER = {
    "order_id": "o1",
    "status": "paid",
    "version": 3,
    "history": [{"type": "order.paid"}],
    "client_reference_id": "cart-77",
}
READ = "/_local/orders/o1"


def request(
    url: str = READ, method: str = "GET", headers: dict[str, str] | None = None
) -> httpx.Response:
    route = order_reader.route(lambda order_id: ORDER if order_id == "o1" else None)
    transport = httpx.ASGITransport(Starlette(routes=[route]))

    async def send() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:3000") as one:
            return await one.request(method, url, headers=headers)

    return asyncio.run(send())


def test_an_order_is_read_without_what_a_customer_gave() -> None:
    response = request()
    assert response.headers["Cache-Control"] == "no-store"
    assert response.json() == {name: ORDER[name] for name in ORDER if name != "client_reference_id"}


def test_a_missing_order_is_not_found() -> None:
    assert request("/_local/orders/o2").status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://localhost:3000"},
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_a_web_page_is_refused(headers: dict[str, str]) -> None:
    assert request(headers=headers).status_code == 403


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost:3000", 200), ("127.0.0.1", 200), ("evil.example", 403), ("10.0.0.1", 403)],
)
def test_only_names_of_this_machine_are_served(host: str, status: int) -> None:
    assert request(f"http://{host}{READ}").status_code == status


def test_nothing_is_written() -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert request(method=method).status_code == HTTPStatus.METHOD_NOT_ALLOWED
