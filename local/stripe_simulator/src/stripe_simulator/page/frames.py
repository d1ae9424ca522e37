"""The payment page in a frame of the shop's own page (`ui_mode` `embedded_page`)."""

import hmac
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from stripe_simulator.documents import Json
from stripe_simulator.objects.account import Account

SEPARATOR = "_secret_"
# What a content security policy can name, and nothing that would end its directive.
ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:\d+)?")


@dataclass(frozen=True)
class Frame:
    """`shop` is the origin of the page that the frame may be in; None: no page may have it."""

    shop: str | None


def framed(account: Account, client_secret: str) -> tuple[Json | None, Frame | None]:
    """The session of a client secret. One that is closed has no secret any more."""
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
