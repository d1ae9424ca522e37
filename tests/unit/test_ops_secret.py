"""The stack's secret, read with tolerance and written with exactly its two fields."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from ops.secret import SecretStore, StripeSecret
from tests.support.environment import client_of_all_tests
from tests.support.stack import SECRET_NAME

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

KEY, NEW, OLD = "rk_test_1", "whsec_new", "whsec_old"


@pytest.fixture
def client(aws: None) -> "SecretsManagerClient":
    made: SecretsManagerClient = client_of_all_tests("secretsmanager")
    made.create_secret(Name=SECRET_NAME)
    return made


@pytest.fixture
def store(client: "SecretsManagerClient") -> SecretStore:
    return SecretStore(client, SECRET_NAME)


def test_a_secret_without_a_value_is_one_to_be_set(store: SecretStore) -> None:
    assert store.read() == StripeSecret()


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("not JSON", StripeSecret()),
        ('{"stripe_api_key": "rk_te', StripeSecret()),
        ("[]", StripeSecret()),
        ("null", StripeSecret()),
        (f'"{KEY}"', StripeSecret()),
        (json.dumps({"stripe_api_key": 1, "webhook_signing_secrets": NEW}), StripeSecret()),
        (json.dumps({"stripe_api_key": "", "webhook_signing_secrets": {}}), StripeSecret()),
        (json.dumps({"stripe_api_key": KEY}), StripeSecret(KEY)),
        (
            json.dumps({"webhook_signing_secrets": [NEW, "", None, 1, [OLD], OLD]}),
            StripeSecret(None, (NEW, OLD)),
        ),
        (
            json.dumps({"stripe_api_key": KEY, "webhook_signing_secrets": [NEW], "more": 1}),
            StripeSecret(KEY, (NEW,)),
        ),
    ],
)
def test_of_a_malformed_secret_is_read_what_is_right(
    client: "SecretsManagerClient", store: SecretStore, text: str, read: StripeSecret
) -> None:
    client.put_secret_value(SecretId=SECRET_NAME, SecretString=text)
    assert store.read() == read


def test_a_binary_secret_is_one_to_be_set(
    client: "SecretsManagerClient", store: SecretStore
) -> None:
    client.put_secret_value(SecretId=SECRET_NAME, SecretBinary=b'{"stripe_api_key": "rk_test_1"}')
    assert store.read() == StripeSecret()


def test_exactly_the_two_fields_are_written(
    client: "SecretsManagerClient", store: SecretStore
) -> None:
    client.put_secret_value(SecretId=SECRET_NAME, SecretString='{"more": "than these"}')
    store.write(StripeSecret(KEY, (NEW, OLD)))
    stored: dict[str, Any] = json.loads(
        client.get_secret_value(SecretId=SECRET_NAME)["SecretString"]
    )
    assert stored == {"stripe_api_key": KEY, "webhook_signing_secrets": [NEW, OLD]}
    assert store.read() == StripeSecret(KEY, (NEW, OLD))


def test_no_value_is_in_the_repr(store: SecretStore) -> None:
    secret = StripeSecret(KEY, (NEW, OLD))
    for shown in (repr(secret), str(secret), f"{[secret]}"):
        assert not any(one in shown for one in (KEY, NEW, OLD))


def test_another_refusal_is_not_taken_for_an_empty_secret(
    client: "SecretsManagerClient", store: SecretStore
) -> None:
    client.delete_secret(SecretId=SECRET_NAME)
    with pytest.raises(ClientError, match="InvalidRequestException"):
        store.read()
