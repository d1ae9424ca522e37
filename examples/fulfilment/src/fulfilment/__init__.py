"""Ships what was paid for, once: a consumer of the checkout stack's order topic."""
