"""Currencies: the least that can be charged, and how an amount is written."""

ZERO_DECIMAL = frozenset(
    {
        *("bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd"),
        *("vuv", "xaf", "xof", "xpf"),
    }
)
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
    """`€12.00`; a currency without a symbol here, `12.00 SEK`."""
    number = f"{amount:,}" if currency in ZERO_DECIMAL else f"{amount / 100:,.2f}"
    symbol = SYMBOLS.get(currency)
    return f"{symbol}{number}" if symbol else f"{number} {currency.upper()}"


def minimum(currency: str) -> int:
    return MINIMUM.get(currency, DEFAULT_MINIMUM)
