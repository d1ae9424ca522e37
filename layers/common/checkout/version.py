"""What runs: each log line and each call to Stripe names it.

The version is also in pyproject.toml, uv.lock, template.yaml (the output `Version`) and
CHANGELOG.md; a test compares them.
"""

NAME = "serverless-stripe-checkout"
VERSION = "1.0.0"
