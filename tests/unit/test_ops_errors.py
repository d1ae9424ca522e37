"""How an error of AWS or Stripe is reported to an operator: one line, and nothing secret."""

from collections.abc import Iterator
from typing import Any

import pytest
import stripe
from botocore import exceptions as botocore
from botocore.exceptions import BotoCoreError, ClientError

from ops.errors import KEY_LIKE, explained

KEY = "sk_test_51AbCdEfGhIjKlMnOp"
# As Stripe's texts show a key.
MASKED = "sk_test_******************MnOp"
SECRETS = (KEY, MASKED, "MnOp", "whsec_hidden", "hidden")
TOKEN = "FwoGZXIvYXdzEXAMPLETOKEN"


def kinds(error: type[stripe.StripeError]) -> Iterator[type[stripe.StripeError]]:
    yield error
    for one in error.__subclasses__():
        # Those of OAuth, which ops don't use, are made in another way.
        if one.__module__ == stripe.StripeError.__module__:
            yield from kinds(one)


STRIPE_ERRORS = sorted(kinds(stripe.StripeError), key=lambda one: one.__name__)


def stripe_error(kind: Any, message: str, status: int = 400, **more: Any) -> stripe.StripeError:  # noqa: ANN401
    if issubclass(kind, stripe.CardError):
        more |= {"param": None, "code": "card_declined"}
    elif issubclass(kind, stripe.InvalidRequestError):
        more |= {"param": None}
    elif issubclass(kind, stripe.SignatureVerificationError):
        more |= {"sig_header": "t=1,v1=whsec_hidden"}
    if not issubclass(kind, stripe.SignatureVerificationError):
        more |= {"http_status": status}
    error: stripe.StripeError = kind(message, **more)
    return error


def aws_error(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "GetSecretValue")


def assert_one_line_without_secrets(text: str) -> None:
    assert text.isprintable()
    assert [one for one in SECRETS if one in text] == []


@pytest.mark.parametrize("kind", STRIPE_ERRORS)
def test_no_stripe_error_prints_what_its_text_quotes_of_a_key(
    kind: type[stripe.StripeError],
) -> None:
    for quoted in (KEY, MASKED, "whsec_hidden"):
        text = f"Something about\nthe key {quoted} (for account acct_1)\x1b[31m"
        for status in (400, 401, 403, 404, 409, 429, 500, 503):
            assert_one_line_without_secrets(explained(stripe_error(kind, text, status)))


@pytest.mark.parametrize("field", ["code", "http_body"])
def test_a_key_in_another_field_of_an_error_is_not_printed(field: str) -> None:
    more: Any = {field: KEY}
    error = stripe_error(stripe.APIError, "failed", **more)
    assert_one_line_without_secrets(explained(error))


@pytest.mark.parametrize("kind", [stripe.InvalidRequestError, stripe.QuotaExceededError])
def test_stripes_message_on_a_request_is_printed(kind: type[stripe.StripeError]) -> None:
    text = "You have reached the maximum of 16 test webhook endpoints."
    error = stripe_error(kind, text)
    assert explained(error) == f"Stripe refused the request: {text}"


@pytest.mark.parametrize(
    ("kind", "status", "reported"),
    [
        (stripe.AuthenticationError, 401, "Stripe does not accept the API key."),
        (stripe.APIConnectionError, None, "Stripe can't be reached."),
        (stripe.RateLimitError, 429, "Stripe accepts no more requests right now"),
        (stripe.APIError, 500, "Stripe failed (APIError, 500): see https://status.stripe.com."),
        (stripe.IdempotencyError, 400, "Stripe refused the request: IdempotencyError, 400."),
    ],
)
def test_other_errors_of_stripe_are_named(kind: object, status: int, reported: str) -> None:
    assert explained(stripe_error(kind, f"about {KEY}", status)).startswith(reported)


def test_an_error_names_what_finds_the_call_in_stripes_dashboard() -> None:
    error = stripe_error(
        stripe.APIError, KEY, 404, code="resource_missing", headers={"request-id": "req_1"}
    )
    assert "APIError, 404, resource_missing, req_1" in explained(error)


@pytest.mark.parametrize(
    "text",
    [
        (
            f"The provided key '{MASKED}' does not have the required permissions for this. "
            f"Having the 'rak_charge_read' permission would allow this request to continue."
        ),
        f"The API key {MASKED} is missing the required ('charge_read') permissions.",
    ],
)
def test_a_missing_permission_is_named_in_both_wordings(text: str) -> None:
    reported = explained(stripe_error(stripe.PermissionError, text, 403))
    assert reported == "The Stripe API key lacks the permission charge_read."


def test_a_refusal_that_names_no_permission_is_reported_too() -> None:
    reported = explained(stripe_error(stripe.PermissionError, f"Not with {MASKED}.", 403))
    assert reported == "The Stripe API key lacks the permission for this call."


def test_what_aws_denies_is_one_line() -> None:
    text = "User: arn:aws:iam::1:user/ops\nis not authorized to perform: \x1b]0;title\x07"
    reported = explained(aws_error("AccessDeniedException", text))
    assert_one_line_without_secrets(reported)
    assert reported.startswith(
        "AWS refused GetSecretValue: AccessDeniedException: User: arn:aws:iam"
    )


@pytest.mark.parametrize(
    "code",
    [
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "SignatureDoesNotMatch",
        "InvalidSignatureException",
    ],
)
def test_credentials_that_aws_refuses_are_reported_with_what_to_do(code: str) -> None:
    """The text of a signature's refusal has the request's headers, and the token among them."""
    reported = explained(aws_error(code, f"The Canonical String is\nx-amz-security-token:{TOKEN}"))
    assert TOKEN not in reported
    assert code in reported
    assert "aws sso login" in reported
    assert "AWS_PROFILE" in reported


@pytest.mark.parametrize(
    "error",
    [
        botocore.NoCredentialsError(),
        botocore.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"),
        botocore.CredentialRetrievalError(provider="process", error_msg=f"key {TOKEN}"),
        botocore.UnauthorizedSSOTokenError(),
        botocore.SSOTokenLoadError(error_msg=TOKEN),
        botocore.TokenRetrievalError(provider="sso", error_msg=TOKEN),
    ],
    ids=lambda error: type(error).__name__,
)
def test_missing_credentials_are_reported_with_what_to_do(error: BotoCoreError) -> None:
    reported = explained(error)
    assert TOKEN not in reported
    assert "aws sso login" in reported


@pytest.mark.parametrize(
    ("error", "reported"),
    [
        (botocore.ProfileNotFound(profile="shop"), "AWS: The config profile (shop)"),
        (
            botocore.EndpointConnectionError(endpoint_url="https://sts.example"),
            'AWS: Could not connect to the endpoint URL: "https://sts.example"',
        ),
        (
            botocore.ParamValidationError(report=f"SecretString, value: {KEY}"),
            "AWS can't be called: ParamValidationError.",
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_other_errors_of_the_aws_sdk_are_reported(error: BotoCoreError, reported: str) -> None:
    assert explained(error).startswith(reported)
    assert_one_line_without_secrets(explained(error))


def test_what_looks_like_a_key_is_one() -> None:
    assert all(KEY_LIKE.search(f"{kind}_x") for kind in ("sk_test", "rk_live", "pk_test", "whsec"))
    assert not KEY_LIKE.search("No such price: 'price_1'; charge_read")
