"""The shop's page, which calls the API, and the customer, who pays."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from local.machine.ports import NO_TLS

GOOD_CARD = "4242 4242 4242 4242"
DECLINED_CARD = "4000 0000 0000 0002"
PAYING_IBAN = "AT611904300234573201"
FAILING_IBAN = "IT60X0542811101000000123456"
TIMEOUT_SECONDS = 40.0

type Json = dict[str, Any]


@dataclass(frozen=True)
class Frontend:
    """The shop's page, which has only the API's address."""

    api_url: str

    def request_checkout(self, body: Mapping[str, Any] | bytes, **headers: str) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"content-type": "application/json"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        url = f"{self.api_url}/checkout/sessions"
        return httpx.post(
            url, content=content, headers=sent, timeout=TIMEOUT_SECONDS, verify=NO_TLS
        )

    def prices(self) -> httpx.Response:
        url = f"{self.api_url}/checkout/prices"
        return httpx.get(url, timeout=TIMEOUT_SECONDS, verify=NO_TLS)

    def confirm(self, session_id: str) -> httpx.Response:
        url = f"{self.api_url}/checkout/sessions/{session_id}/confirm"
        return httpx.post(url, timeout=TIMEOUT_SECONDS, verify=NO_TLS)


def pay_by_card(page_url: str, number: str = GOOD_CARD) -> httpx.Response:
    """Fill in and submit the hosted page; a payment responds 303 to the success_url."""
    return _submit(page_url, {"method": "card", "card_number": number})


def pay_by_bank_debit(page_url: str, iban: str = PAYING_IBAN) -> httpx.Response:
    return _submit(page_url, {"method": "sepa_debit", "iban": iban})


def session_id_of(success_url: str) -> str:
    """Return the session id in the URL of the shop's page."""
    return parse_qs(urlsplit(success_url).query)["session_id"][0]


def new_idempotency_key() -> str:
    return secrets.token_urlsafe(18)


def _submit(page_url: str, method: Mapping[str, str]) -> httpx.Response:
    person = {"email": "a@example.com", "name": "A Customer"}
    return httpx.post(page_url, data={**person, **method}, timeout=TIMEOUT_SECONDS, verify=NO_TLS)
