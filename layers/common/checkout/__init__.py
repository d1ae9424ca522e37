"""The order of a Stripe Checkout, and everything that may change it."""

import gc
import os

# In a starting function there is no garbage yet, and each collection would examine all that was
# imported so far. `wiring.started` ends this.
if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    gc.disable()
