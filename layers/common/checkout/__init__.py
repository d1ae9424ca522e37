"""The order of a Stripe Checkout, and everything that may change it."""
