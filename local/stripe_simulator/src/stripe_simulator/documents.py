"""JSON documents, as Stripe's API has them."""

from typing import Any

type Json = dict[str, Any]
