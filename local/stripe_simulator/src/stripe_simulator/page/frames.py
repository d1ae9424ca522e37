"""The payment page in a frame of the shop's own page (`ui_mode` `embedded_page`)."""

import hmac
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from stripe_simulator.documents import Json
from stripe_simulator.objects.account import Account

SEPARATOR = "_secret_"
# An origin that is safe in a content security policy: it can't end the directive.
ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:\d+)?")


@dataclass(frozen=True)
class Frame:
    """`shop` is the origin of the page that may embed the frame; None allows no page."""

    shop: str | None


def framed(account: Account, client_secret: str) -> tuple[Json | None, Frame | None]:
    """Return the session and frame of a client secret; a closed session has no secret."""
    id_, _, _ = client_secret.partition(SEPARATOR)
    session = account.sessions.find(id_)
    if session is None or session["ui_mode"] != "embedded_page":
        return None, None
    known = session["client_secret"]
    if known is not None and not hmac.compare_digest(known.encode(), client_secret.encode()):
        return None, None
    return session, Frame(_origin(session["return_url"]))


def _origin(url: str) -> str | None:
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    return origin if ORIGIN.fullmatch(origin) else None
