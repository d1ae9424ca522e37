"""Stripe's side: signatures, events, objects and API calls."""
