"""The order and how facts change it. Imports no AWS, Stripe or Lambda library."""
