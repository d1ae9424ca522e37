"""One structured logger: ids, outcomes and durations, never a payload, a header or a secret."""

from aws_lambda_powertools.logging import Logger

logger = Logger()
