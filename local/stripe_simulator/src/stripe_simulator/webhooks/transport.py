"""Sends deliveries to endpoints, and maps hosts of URLs to addresses.

`*.localhost` is this machine, without DNS; `connect_to` maps other hosts, as curl's `--connect-to`
does. The Host header stays the URL's: a local AWS distinguishes its function URLs by it.
"""

import ssl
from collections.abc import Mapping
from functools import cache

import httpx

HEADERS = {
    "Accept": "*/*; q=0.5, application/xml",
    "Cache-Control": "no-cache",
    "Content-Type": "application/json; charset=utf-8",
    "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
}
LOOPBACK = "127.0.0.1"


class Transport:
    def __init__(self, connect_to: Mapping[str, str], timeout_seconds: float) -> None:
        self._connect_to = connect_to
        # Without a proxy, and without following redirects: Stripe treats 3xx as a failure.
        self._client = httpx.AsyncClient(
            timeout=timeout_seconds,
            trust_env=False,
            follow_redirects=False,
            verify=_certificates(),
        )

    async def post(self, url: str, body: bytes, signature: str) -> int:
        """Post a delivery; return the response's status, or raise httpx.HTTPError without one."""
        given = httpx.URL(url)
        headers = HEADERS | {"Host": given.netloc.decode(), "Stripe-Signature": signature}
        extensions = {"sni_hostname": given.host}
        response = await self._client.post(
            self._address(given), content=body, headers=headers, extensions=extensions
        )
        return response.status_code

    async def aclose(self) -> None:
        await self._client.aclose()

    def _address(self, url: httpx.URL) -> httpx.URL:
        target = self._connect_to.get(url.host)
        if target is not None:
            host, _, port = target.rpartition(":")
            return url.copy_with(host=host, port=int(port))
        if url.host == "localhost" or url.host.endswith(".localhost"):
            return url.copy_with(host=LOOPBACK)
        return url


@cache
def _certificates() -> ssl.SSLContext:
    """Loaded once: that takes longer than all else that a simulator starts with."""
    return httpx.create_ssl_context(trust_env=False)
