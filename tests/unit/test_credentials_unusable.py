"""A secret that is missing, unreadable or of the wrong shape."""

import json
import traceback
from collections.abc import Callable

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import EndpointConnectionError

from checkout.credentials import MAX_AGE, CredentialsReader
from checkout.errors import Misconfigured
from tests.support.aws_calls import AwsCalls, breaks, refuses
from tests.support.environment import Clock, Secret
from tests.support.stack import API_KEY, SECRET_NAME, SIGNING_SECRET

type Failure = Callable[[AWSPreparedRequest], AWSResponse]

FETCH = "GetSecretValue"
PRIVATE = "h1dden"


GROWING = [0, 1, 3, 7, 15, 25, 35]


def document(**changes: object) -> dict[str, object]:
    return {
        "stripe_api_key": f"sk_test_{PRIVATE}",
        "webhook_signing_secrets": [f"whsec_{PRIVATE}"],
        **changes,
    }


KEY_ERROR = "stripe_api_key must start with sk_test_ or rk_test_."
LIST_ERROR = "webhook_signing_secrets must be a list of at least one secret."
SECRET_ERROR = "Each of webhook_signing_secrets must start with whsec_."
OBJECT_ERROR = (
    "The secret is not a JSON object. "
    "Put {stripe_api_key, webhook_signing_secrets} into the stack's StripeSecretArn."
)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (PRIVATE, OBJECT_ERROR),
        (json.dumps(document())[:-1], OBJECT_ERROR),
        ([document()], OBJECT_ERROR),
        ("null", OBJECT_ERROR),
        ({}, KEY_ERROR),
        ({"webhook_signing_secrets": [f"whsec_{PRIVATE}"]}, KEY_ERROR),
        (document(stripe_api_key=None), KEY_ERROR),
        (document(stripe_api_key=""), KEY_ERROR),
        (document(stripe_api_key=[f"sk_test_{PRIVATE}"]), KEY_ERROR),
        (document(stripe_api_key=f"sk_live_{PRIVATE}"), KEY_ERROR),
        (document(stripe_api_key=f"rk_live_{PRIVATE}"), KEY_ERROR),
        (document(stripe_api_key=f"pk_test_{PRIVATE}"), KEY_ERROR),
        (document(stripe_api_key="sk_test_"), KEY_ERROR),
        (document(stripe_api_key=f"sk_test_{PRIVATE}\n"), KEY_ERROR),
        (document(stripe_api_key=f" sk_test_{PRIVATE}"), KEY_ERROR),
        (document(stripe_api_key=f"sk_test_{PRIVATE}é"), KEY_ERROR),
        ({"stripe_api_key": f"sk_test_{PRIVATE}"}, LIST_ERROR),
        (document(webhook_signing_secrets=None), LIST_ERROR),
        (document(webhook_signing_secrets=[]), LIST_ERROR),
        (document(webhook_signing_secrets=f"whsec_{PRIVATE}"), LIST_ERROR),
        (document(webhook_signing_secrets={f"whsec_{PRIVATE}": 1}), LIST_ERROR),
        (document(webhook_signing_secrets=[""]), SECRET_ERROR),
        (document(webhook_signing_secrets=["whsec_"]), SECRET_ERROR),
        (document(webhook_signing_secrets=[" "]), SECRET_ERROR),
        (document(webhook_signing_secrets=[f"whsec_{PRIVATE} "]), SECRET_ERROR),
        (document(webhook_signing_secrets=[f"sk_test_{PRIVATE}"]), SECRET_ERROR),
        (document(webhook_signing_secrets=[f"whsec_{PRIVATE}", ""]), SECRET_ERROR),
        (document(webhook_signing_secrets=[f"whsec_{PRIVATE}", None]), SECRET_ERROR),
    ],
)
def test_a_malformed_secret_is_named_without_its_value(
    credentials: CredentialsReader, secret: Secret, value: object, message: str
) -> None:
    secret.put(value)
    for read in (credentials.read, credentials.reread):
        with pytest.raises(Misconfigured) as raised:
            read()
        assert raised.value.detail == message
        assert PRIVATE not in "".join(traceback.format_exception(raised.value))


def test_a_binary_secret_is_malformed(credentials: CredentialsReader, secret: Secret) -> None:
    secret.client.put_secret_value(
        SecretId=SECRET_NAME, SecretBinary=json.dumps(document()).encode()
    )
    with pytest.raises(Misconfigured, match="not a JSON object"):
        credentials.read()


@pytest.mark.parametrize(
    "failure",
    [
        refuses("AccessDeniedException"),
        refuses("ResourceNotFoundException"),
        breaks(EndpointConnectionError(endpoint_url="https://secretsmanager")),
    ],
)
def test_an_unreadable_secret_names_the_fix(
    credentials: CredentialsReader, calls: AwsCalls, failure: Failure
) -> None:
    calls.failure = failure
    with pytest.raises(Misconfigured, match=r"can't be read\. Put .* StripeSecretArn"):
        credentials.read()


def test_a_secret_without_a_value_can_be_set_later(
    credentials: CredentialsReader, secret: Secret, clock: Clock
) -> None:
    secret.client.delete_secret(SecretId=SECRET_NAME, ForceDeleteWithoutRecovery=True)
    secret.client.create_secret(Name=SECRET_NAME)
    with pytest.raises(Misconfigured, match="can't be read"):
        credentials.read()
    secret.roll()
    clock.now += 1
    assert credentials.read().stripe_api_key == API_KEY


@pytest.mark.parametrize("malformed", [document(webhook_signing_secrets=[]), {}, PRIVATE])
def test_a_corrected_secret_is_read_without_a_restart(
    credentials: CredentialsReader, calls: AwsCalls, secret: Secret, clock: Clock, malformed: object
) -> None:
    secret.put(malformed)
    for tenth in range(400):
        clock.now = tenth / 10
        with pytest.raises(Misconfigured):
            credentials.read()
    assert calls.count(FETCH) == len(GROWING)
    secret.roll()
    clock.now += 10
    assert credentials.read().webhook_signing_secrets == (SIGNING_SECRET,)
    credentials.read()
    assert calls.count(FETCH) == len(GROWING) + 1


def test_a_malformed_secret_takes_the_place_of_a_cached_one(
    credentials: CredentialsReader, secret: Secret, clock: Clock
) -> None:
    credentials.read()
    secret.put({})
    clock.now = MAX_AGE
    with pytest.raises(Misconfigured):
        credentials.read()
