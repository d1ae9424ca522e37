"""Error messages for operators."""

import re
from http import HTTPStatus

import stripe
from botocore import exceptions as botocore
from botocore.exceptions import BotoCoreError, ClientError

from checkout.stripe.errors import missing_permission

# https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html. The message for a wrong
# signature quotes the request's headers, including the session token.
CREDENTIALS_REFUSED = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
NO_CREDENTIALS = (
    botocore.CredentialRetrievalError,
    botocore.LoginError,
    botocore.NoCredentialsError,
    botocore.PartialCredentialsError,
    botocore.SSOError,
    botocore.TokenRetrievalError,
)
# Errors of the AWS SDK whose texts name files, profiles or hosts. Texts of other errors may quote
# parameters, or the output of a credentials program.
NAMED = (
    botocore.ConfigNotFound,
    botocore.ConfigParseError,
    botocore.ConnectionError,
    botocore.InvalidRegionError,
    botocore.NoRegionError,
    botocore.ProfileNotFound,
    botocore.ReadTimeoutError,
)
SIGN_IN = (
    "sign in with `aws sso login` or `aws login`, or set AWS_PROFILE or AWS_ACCESS_KEY_ID to "
    "credentials that are valid"
)
# A key or secret, also if masked by Stripe: sk_test_******1234.
KEY_LIKE = re.compile(r"(?:sk|rk|pk|ek|uk|whsec)_", re.IGNORECASE)


class OpsError(Exception):
    """The text is one line for the operator with the fix. It contains no secret."""


class UsageError(OpsError):
    """The command was used wrongly; nothing was done."""


def explained(error: ClientError | BotoCoreError | stripe.StripeError) -> str:
    """Describe an error of AWS or Stripe in one line, without any key, secret or token."""
    if isinstance(error, stripe.StripeError):
        return one_line(_of_stripe(error))
    return one_line(_of_aws(error))


def without_controls(text: str) -> str:
    """Escape the characters that control a terminal, or the direction of its text."""
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)


def one_line(text: str) -> str:
    return without_controls(" ".join(text.split()))


def _of_aws(error: ClientError | BotoCoreError) -> str:
    match error:
        case ClientError():
            said = error.response["Error"]
            code, message = said.get("Code", "no code"), said.get("Message", "")
            if code in CREDENTIALS_REFUSED:
                return f"AWS does not accept the credentials ({code}): {SIGN_IN}."
            return f"AWS refused {error.operation_name}: {code}: {message}"
        case _ if isinstance(error, NO_CREDENTIALS):
            return f"There are no AWS credentials ({type(error).__name__}): {SIGN_IN}."
        case _ if isinstance(error, NAMED):
            return f"AWS: {error}"
        case _:
            return f"AWS can't be called: {type(error).__name__}."


def _of_stripe(error: stripe.StripeError) -> str:
    """Describe an error; include Stripe's message only if it is about a request's parameters.

    https://docs.stripe.com/error-handling
    """
    match error:
        case stripe.AuthenticationError():
            said = "Stripe does not accept the API key."
        case stripe.PermissionError():
            said = f"The Stripe API key lacks the permission {missing_permission(error)}."
        case stripe.APIConnectionError():
            said = "Stripe can't be reached."
        case stripe.RateLimitError():
            said = "Stripe accepts no more requests right now: run this again in a minute."
        case _ if (error.http_status or 0) >= HTTPStatus.INTERNAL_SERVER_ERROR:
            said = f"Stripe failed ({_name(error)}): see https://status.stripe.com."
        case stripe.InvalidRequestError() | stripe.QuotaExceededError() if _is_harmless(error):
            said = f"Stripe refused the request: {error.user_message}"
        case _:
            said = f"Stripe refused the request: {_name(error)}."
    return said


def _is_harmless(error: stripe.StripeError) -> bool:
    return bool(error.user_message) and not KEY_LIKE.search(error.user_message)


def _name(error: stripe.StripeError) -> str:
    """Return code and request id, to look up in Stripe's documentation and Dashboard."""
    code = error.code or (error.error.code if error.error else None)
    found = (type(error).__name__, error.http_status, code, error.request_id)
    return ", ".join(str(one) for one in found if one and not KEY_LIKE.search(str(one)))
