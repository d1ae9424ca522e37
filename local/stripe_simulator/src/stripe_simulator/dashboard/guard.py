"""Who may press the dashboard's buttons: its own pages, and no page of another site.

A page that the developer visits can post a form here, and even with JSON's looks. It is refused
for its Origin, and for a token that only the dashboard's pages have, which it cannot read. That
callers are on this machine, under its own name, is checked for the whole simulator.

https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
"""

import hmac

from starlette.requests import Request

TOKEN_FIELD = "csrf_token"  # noqa: S105  (the field's name)
FOREIGN = "Only the dashboard's own pages may do this."
OUTDATED = "This page is out of date. Load it again, then repeat what you did."


def is_own_page(request: Request) -> bool:
    """As far as the headers say it, which a browser sets and no page can change."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin")
    own = f"{request.url.scheme}://{request.headers.get('host', '')}"
    return site == "same-origin" and origin in {None, own}


def has_token(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode(), token.encode())
