"""Stripe: events, objects, options and API calls."""
