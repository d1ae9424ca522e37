"""The version, which is in each log line and in each call to Stripe.

The version is also in pyproject.toml, uv.lock, template.yaml (the output `Version`) and
CHANGELOG.md; a test compares them.
"""

NAME = "serverless-stripe-checkout"
VERSION = "1.0.0"
