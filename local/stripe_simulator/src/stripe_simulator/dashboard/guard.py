"""Accepts the dashboard's actions only from its own pages.

Any page that the developer visits can post a form here, even one that looks like JSON. It is
refused by its Origin, and because it lacks the token of the dashboard's pages, which it can't read.
KnownHosts checks the Host for the whole simulator.

https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
"""

import hmac

from starlette.requests import Request

TOKEN_FIELD = "csrf_token"  # noqa: S105  (the field's name)
FOREIGN = "Only the dashboard's own pages may do this."
OUTDATED = "This page is out of date. Load it again, then repeat what you did."


def is_own_page(request: Request) -> bool:
    """True if the headers say so, which browsers set and pages can't change."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin")
    own = f"{request.url.scheme}://{request.headers.get('host', '')}"
    return site == "same-origin" and origin in {None, own}


def has_token(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode(), token.encode())
