import json
import traceback
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo

import pytest
from aws_lambda_powertools.utilities.parameters import SecretsProvider, base
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import EndpointConnectionError

from checkout.credentials import MAX_AGE, MIN_REFETCH_INTERVAL, Credentials, CredentialsReader
from checkout.errors import Misconfigured
from tests.unit.aws_calls import AwsCalls, breaks, refuses
from tests.unit.conftest import Clock, Secret
from tests.unit.stack import API_KEY, SECRET_NAME, SIGNING_SECRET

type Failure = Callable[[AWSPreparedRequest], AWSResponse]

FETCH = "GetSecretValue"
PRIVATE = "h1dden"


class ShiftedTime(datetime):
    """The time by which Powertools' cache goes."""

    shift = timedelta()

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "ShiftedTime":
        return cls.fromtimestamp((datetime.now(tz) + cls.shift).timestamp())


@pytest.fixture
def shifted_time(monkeypatch: pytest.MonkeyPatch) -> type[ShiftedTime]:
    monkeypatch.setattr(base, "datetime", ShiftedTime)
    monkeypatch.setattr(ShiftedTime, "shift", timedelta())
    return ShiftedTime


def document(**changes: object) -> dict[str, object]:
    return {
        "stripe_api_key": f"sk_test_{PRIVATE}",
        "webhook_signing_secrets": [f"whsec_{PRIVATE}"],
        **changes,
    }


def test_reads_the_key_and_the_signing_secrets(
    credentials: CredentialsReader, secret: Secret
) -> None:
    secret.roll("whsec_new", "whsec_old")
    assert credentials.read() == Credentials(API_KEY, ("whsec_new", "whsec_old"))


@pytest.mark.parametrize("key", ["sk_test_51AbC", "rk_test_51AbC"])
def test_takes_secret_and_restricted_keys(
    credentials: CredentialsReader, secret: Secret, key: str
) -> None:
    secret.roll(api_key=key)
    assert credentials.read().stripe_api_key == key


def test_a_live_stack_takes_live_keys_only(secret: Secret) -> None:
    reader = CredentialsReader(SecretsProvider(), SECRET_NAME, livemode=True)
    with pytest.raises(Misconfigured, match="must be sk_live_ or rk_live_"):
        reader.read()
    secret.roll(api_key="rk_live_51AbC")
    again = reader.reread()
    assert again is not None
    assert again.stripe_api_key == "rk_live_51AbC"


def test_is_fetched_once_in_five_minutes(
    credentials: CredentialsReader, calls: AwsCalls, shifted_time: type[ShiftedTime]
) -> None:
    assert MAX_AGE == 5 * 60
    credentials.read()
    shifted_time.shift = timedelta(seconds=MAX_AGE - 5)
    credentials.read()
    assert calls.count(FETCH) == 1
    shifted_time.shift = timedelta(seconds=MAX_AGE + 5)
    credentials.read()
    assert calls.count(FETCH) == 2


def test_a_secret_that_was_taken_out_stops_working_after_five_minutes(
    credentials: CredentialsReader, secret: Secret, shifted_time: type[ShiftedTime]
) -> None:
    secret.roll("whsec_leaked")
    credentials.read()
    secret.roll("whsec_new")
    assert credentials.read().webhook_signing_secrets == ("whsec_leaked",)
    shifted_time.shift = timedelta(seconds=MAX_AGE + 5)
    assert credentials.read().webhook_signing_secrets == ("whsec_new",)


def test_a_reread_sees_what_changed_and_so_does_each_read_after_it(
    credentials: CredentialsReader, calls: AwsCalls, secret: Secret
) -> None:
    credentials.read()
    secret.roll("whsec_new")
    rolled = Credentials(API_KEY, ("whsec_new",))
    assert credentials.reread() == rolled
    assert credentials.read() == rolled
    assert calls.count(FETCH) == 2


def test_rereads_at_most_once_a_second(
    credentials: CredentialsReader, calls: AwsCalls, clock: Clock
) -> None:
    assert MIN_REFETCH_INTERVAL == 1.0
    assert credentials.reread() is not None
    clock.now = 0.99
    assert credentials.reread() is None
    assert calls.count(FETCH) == 1
    clock.now = 1.0
    assert credentials.reread() is not None
    assert calls.count(FETCH) == 2


def test_a_reread_that_failed_counts_as_one(
    credentials: CredentialsReader, calls: AwsCalls, clock: Clock
) -> None:
    calls.failure = refuses("InternalServiceError", status=500)
    with pytest.raises(Misconfigured):
        credentials.reread()
    assert credentials.reread() is None
    clock.now = 1.0
    with pytest.raises(Misconfigured):
        credentials.reread()
    assert calls.count(FETCH) == 2


KEY_ERROR = "stripe_api_key must be sk_test_ or rk_test_ and what follows"
LIST_ERROR = "webhook_signing_secrets must be a list of at least one secret"
SECRET_ERROR = "Each of webhook_signing_secrets must be whsec_ and what follows"
OBJECT_ERROR = "not a JSON object. Put {stripe_api_key, webhook_signing_secrets} into"


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
        assert message in raised.value.detail
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
def test_an_unreadable_secret_says_what_to_do(
    credentials: CredentialsReader, calls: AwsCalls, failure: Failure
) -> None:
    calls.failure = failure
    with pytest.raises(Misconfigured, match=r"can't be read\. Put .* StripeSecretArn"):
        credentials.read()


def test_a_secret_without_a_value_can_be_set_later(
    credentials: CredentialsReader, secret: Secret
) -> None:
    secret.client.delete_secret(SecretId=SECRET_NAME, ForceDeleteWithoutRecovery=True)
    secret.client.create_secret(Name=SECRET_NAME)
    with pytest.raises(Misconfigured, match="can't be read"):
        credentials.read()
    secret.roll()
    assert credentials.read().stripe_api_key == API_KEY


def test_a_mended_secret_is_read_without_a_restart(
    credentials: CredentialsReader, secret: Secret
) -> None:
    secret.put(document(webhook_signing_secrets=[]))
    with pytest.raises(Misconfigured):
        credentials.read()
    secret.roll()
    assert credentials.reread() is not None
    assert credentials.read().webhook_signing_secrets == (SIGNING_SECRET,)


def test_credentials_show_nothing_of_themselves(credentials: CredentialsReader) -> None:
    for read in (credentials.read(), credentials.reread()):
        assert repr(read) == str(read) == "Credentials()"
