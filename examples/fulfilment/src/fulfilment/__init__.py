"""Ships each paid order once: a consumer of the checkout stack's order topic."""
