"""TLS of the requests to a stack."""

import ssl
from functools import cache

import httpx


@cache
def trusted() -> ssl.SSLContext:
    """Return httpx's own context: loading the certificates takes longer than a request does."""
    return httpx.create_ssl_context()
