"""The shop's page, with each response checked against openapi.yaml."""

from collections.abc import Mapping
from typing import Any

import httpx

from local.shop.customer import Frontend, Json
from tests.support import contract


class CheckedFrontend(Frontend):
    def request_checkout(self, body: Mapping[str, Any] | bytes, **headers: str) -> httpx.Response:
        return as_documented("createCheckout", super().request_checkout(body, **headers))

    def prices(self) -> httpx.Response:
        return as_documented("listPrices", super().prices())

    def confirm(self, session_id: str) -> httpx.Response:
        response = super().confirm(session_id)
        # A session id with a slash leads to no route.
        return (
            response if is_of_the_gateway(response) else as_documented("confirmPayment", response)
        )


def as_documented(operation: str, response: httpx.Response) -> httpx.Response:
    body: Json = response.json()
    contract.assert_as_documented(operation, response.status_code, response.headers, body)
    return response


def is_of_the_gateway(response: httpx.Response) -> bool:
    return response.status_code == httpx.codes.NOT_FOUND and "message" in response.json()
