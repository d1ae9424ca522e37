"""A request's parameters, not yet checked: a form's, or a query string's."""

from starlette.datastructures import URL, Headers

from local.stripe_simulator.api import form
from local.stripe_simulator.api.errors import InvalidRequest
from local.stripe_simulator.documents import Json

FORM = "application/x-www-form-urlencoded"


def read(method: str, url: URL, headers: Headers, content: bytes) -> Json:
    if method != "POST":
        return _form(url.query)
    media_type = headers.get("content-type", FORM).partition(";")[0].strip().lower()
    if content and media_type != FORM:
        raise InvalidRequest(
            f"Invalid request (check that your POST content type is {FORM}). If you have any "
            "questions, we can help at https://support.stripe.com/."
        )
    return _form(content.decode(errors="replace"))


def _form(encoded: str) -> Json:
    try:
        return dict(form.parse(encoded))
    except form.MalformedName as error:
        raise InvalidRequest(f"Invalid parameter name: {error}") from None
