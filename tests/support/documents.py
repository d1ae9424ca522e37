"""JSON documents, as Stripe's API, Lambda and the HTTP API have them."""

from typing import Any

type Json = dict[str, Any]
