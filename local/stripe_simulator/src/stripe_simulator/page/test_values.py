"""The test values that the payment page prints under its fields.

https://docs.stripe.com/testing
"""

CARDS = {
    "4242 4242 4242 4242": "pays",
    "4000 0000 0000 3220": "pays, once it is authenticated",
    "4000 0000 0000 0002": "is declined",
    "4000 0000 0000 9995": "has insufficient funds",
    "4000 0000 0000 0259": "pays, and is disputed",
    "4000 0000 0000 5126": "pays, and its refunds fail",
}
IBANS = {
    "AT61 1904 3002 3457 3201": "pays, after a while",
    "IT60 X054 2811 1010 0000 0123 456": "fails, after a while",
}
