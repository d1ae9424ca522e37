"""Reads a request's unvalidated parameters from a form, a query string or a JSON body."""

import json

from starlette.datastructures import URL, Headers

from stripe_simulator.api import form
from stripe_simulator.api.errors import InvalidRequest
from stripe_simulator.documents import Json

FORM = "application/x-www-form-urlencoded"


def read(method: str, url: URL, headers: Headers, content: bytes) -> Json:
    if method != "POST":
        return _form(url.query)
    if url.path.startswith("/v2/"):
        return _json(content)
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


def _json(content: bytes) -> Json:
    try:
        parsed = json.loads(content or b"{}")
    except ValueError:
        raise InvalidRequest("The request body is not valid JSON.") from None
    if not isinstance(parsed, dict):
        raise InvalidRequest("The request body must be a JSON object.")
    return parsed
