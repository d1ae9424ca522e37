"""Currencies: minimum charges, and formatting of amounts."""

from decimal import Decimal

ZERO_DECIMAL = frozenset(
    {
        *("bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd"),
        *("vuv", "xaf", "xof", "xpf"),
    }
)
THREE_DECIMAL = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})
SYMBOLS = {"aud": "$", "cad": "$", "eur": "€", "gbp": "£", "hkd": "$", "jpy": "¥", "usd": "$"}
# In the currency's minor unit; https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
MINIMUM = {
    "aed": 200,
    "aud": 50,
    "brl": 50,
    "cad": 50,
    "chf": 50,
    "czk": 1500,
    "dkk": 250,
    "eur": 50,
    "gbp": 30,
    "hkd": 400,
    "huf": 17500,
    "inr": 50,
    "jpy": 50,
    "mxn": 1000,
    "myr": 200,
    "nok": 300,
    "nzd": 50,
    "pln": 200,
    "ron": 200,
    "sek": 300,
    "sgd": 50,
    "thb": 1000,
    "usd": 50,
}
DEFAULT_MINIMUM = 50
MAXIMUM = 99_999_999


def written(amount: int, currency: str) -> str:
    """Format an amount: `€12.00`, or `12.00 SEK` for a currency without a symbol here."""
    places = decimals(currency)
    number = f"{Decimal(amount).scaleb(-places):,.{places}f}"
    symbol = SYMBOLS.get(currency)
    return f"{symbol}{number}" if symbol else f"{number} {currency.upper()}"


def decimals(currency: str) -> int:
    """Return the number of decimals of the currency."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def minimum(currency: str) -> int:
    return MINIMUM.get(currency, DEFAULT_MINIMUM)
