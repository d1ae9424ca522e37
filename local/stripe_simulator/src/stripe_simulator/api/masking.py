"""Masks API keys as Stripe's errors do."""

SHOWN_CHARACTERS = 4


def masked(key: str) -> str:
    """Return `sk_test_******1234`: the kind of key and its last characters."""
    kind, underscore, secret = key.rpartition("_")
    if len(secret) <= 2 * SHOWN_CHARACTERS:
        return f"{kind}{underscore}{'*' * len(secret)}"
    hidden = "*" * (len(secret) - SHOWN_CHARACTERS)
    return f"{kind}{underscore}{hidden}{secret[-SHOWN_CHARACTERS:]}"
