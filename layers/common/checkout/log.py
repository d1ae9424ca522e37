"""One structured logger: ids, outcomes and durations, never a payload, a header or a secret.

Import this before the Stripe SDK: it turns off settings that make libraries log payloads.
"""

import logging
import os
import traceback
from collections.abc import Iterator

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from botocore.exceptions import ClientError

from checkout.errors import CheckoutError
from checkout.version import VERSION

SERVICE = "checkout"
# Variables that make libraries log Stripe's responses and Lambda events.
PRINT_PAYLOADS = ("STRIPE_LOG", "POWERTOOLS_LOGGER_LOG_EVENT")


class _Formatter(LambdaPowertoolsFormatter):
    """Powertools' JSON, with exceptions described by their types and frames.

    The texts of libraries' exceptions quote their input: pydantic quotes values, Stripe an e-mail
    address or part of the key.
    """

    def format(self, record: logging.LogRecord) -> str:
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            return super().format(record)
        described: dict[str, object] = {
            "exc_info": None,
            "exc_text": None,
            "exception": description(error),
            "exception_name": type(error).__name__,
        }
        return super().format(logging.makeLogRecord(vars(record) | described))


def description(error: BaseException) -> str:
    """Describe an exception like a traceback, cause first, with no text but our own errors'."""
    return "\n\n".join(reversed([_traceback(each) for each in _chain(error)]))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        if isinstance(error, BaseExceptionGroup):
            for each in error.exceptions:
                yield from _chain(each)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _traceback(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    lines = [f"  {one.filename}:{one.lineno} in {one.name}: {one.line}" for one in frames]
    return "\n".join(["Traceback (most recent call last):", *lines, _headline(error)])


def _headline(error: BaseException) -> str:
    kind = f"{type(error).__module__}.{type(error).__qualname__}"
    match error:
        case CheckoutError():
            return f"{kind}: {error.detail}"
        case ClientError():
            return f"{kind}: {error.response['Error']['Code']} from {error.operation_name}"
        case _:
            return kind


def quiet_libraries() -> None:
    """Limit libraries to WARNING and above, whatever level they set.

    With the JSON log format, Lambda's runtime prints the root logger's records from INFO up. At
    INFO the Stripe SDK logs each URL and error message.
    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-advanced.html
    """
    for name in PRINT_PAYLOADS:
        os.environ.pop(name, None)
    root = logging.getLogger()
    root.setLevel(max(root.level, logging.WARNING))
    for handler in root.handlers:
        handler.setLevel(max(handler.level, logging.WARNING))


quiet_libraries()
logger = Logger(
    # Not POWERTOOLS_SERVICE_NAME, the stack's name: it would also name the logger, and a stack
    # called `stripe` would then print the SDK's log.
    service=SERVICE,
    # A key of the formatter survives clear_state, which runs at each invocation.
    logger_formatter=_Formatter(utc=True, use_rfc3339=True, version=VERSION),
)
# This logger has its own handler; the runtime's would print each line again.
logging.getLogger(SERVICE).propagate = False
