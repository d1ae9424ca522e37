"""Serves an order's history, read-only, to the simulator's live view, which has no table.

It refuses requests of web pages and any Host but loopback. Programs on this machine can read the
table anyway.
"""

import ipaddress
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

PATH = "/_local/orders/"
SHOWN = ("order_id", "status", "version", "history")
REFUSED = "Programs on this machine may read it, and no web page.\n"

type Json = dict[str, Any]
type ReadOrder = Callable[[str], Json | None]


def route(read_order: ReadOrder) -> Route:
    """Route `GET PATH/{order id}`, which returns id, status, version and history, or 404."""

    def order(request: Request) -> Response:  # not async: the table is read in a thread
        if _is_of_page(request) or not _is_local(request.url.hostname or ""):
            return PlainTextResponse(REFUSED, HTTPStatus.FORBIDDEN)
        found = read_order(request.path_params["order_id"])
        headers = {"Cache-Control": "no-store"}
        if found is None:
            return JSONResponse(None, HTTPStatus.NOT_FOUND, headers)
        return JSONResponse({name: found[name] for name in SHOWN}, headers=headers)

    return Route(f"{PATH}{{order_id}}", order, methods=["GET"])


def _is_of_page(request: Request) -> bool:
    return "origin" in request.headers or "sec-fetch-site" in request.headers


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
