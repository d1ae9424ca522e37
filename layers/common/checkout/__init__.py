"""Orders paid through Stripe Checkout, and everything that may change them."""

import gc
import os

# A starting function has no garbage yet, and each collection would scan everything imported so far.
# `wiring.started` turns collection on again.
if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    gc.disable()
