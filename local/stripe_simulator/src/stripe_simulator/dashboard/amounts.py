"""Reads amounts that people type."""

from decimal import Decimal, InvalidOperation

from stripe_simulator.api.errors import InvalidRequest
from stripe_simulator.objects.currencies import decimals


def minor_units(typed: str, currency: str) -> int:
    """Read an amount: `12.50` is 1250 in eur. Raise InvalidRequest for an invalid one."""
    try:
        amount = Decimal(typed.strip().replace(",", ".")).scaleb(decimals(currency))
    except InvalidOperation:
        raise InvalidRequest(f"{typed} is not an amount. Example: 12.50", param="amount") from None
    if not amount.is_finite() or amount != int(amount) or amount < 0:
        raise InvalidRequest(
            f"{typed} is not an amount of {currency.upper()}, which has {decimals(currency)} "
            "digits after the point.",
            param="amount",
        )
    return int(amount)
