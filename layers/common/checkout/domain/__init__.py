"""What an order is and what a fact changes about it. Imports no AWS, Stripe or Lambda library."""
