"""Reads and changes the stack's secret in Secrets Manager, for `connect` and `rotate`.

    {"stripe_api_key": "rk_…", "webhook_signing_secrets": ["whsec_new", "whsec_old"]}

The functions validate it strictly (checkout/credentials.py); here a missing or malformed secret is
treated as not set.
"""

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

# The secret exists and has no value yet.
NO_VALUE = "ResourceNotFoundException"


@dataclass(frozen=True, slots=True)
class StripeSecret:
    """`api_key` is None, and `signing_secrets` is empty, if the secret lacks them."""

    api_key: str | None = field(default=None, repr=False)
    signing_secrets: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class SecretStore:
    """Each change reads the secret first, because another operator may have changed it."""

    client: "SecretsManagerClient"
    arn: str

    def read(self) -> StripeSecret:
        try:
            text = self.client.get_secret_value(SecretId=self.arn).get("SecretString")
        except ClientError as error:
            if error.response["Error"]["Code"] != NO_VALUE:
                raise
            text = None
        document = _document(text)
        key, secrets = document.get("stripe_api_key"), document.get("webhook_signing_secrets")
        return StripeSecret(
            api_key=key if isinstance(key, str) and key else None,
            signing_secrets=tuple(one for one in secrets if isinstance(one, str) and one)
            if isinstance(secrets, list)
            else (),
        )

    def store_api_key(self, api_key: str) -> None:
        """Replace the key, and keep the signing secrets that are stored now."""
        self.write(replace(self.read(), api_key=api_key))

    def add_signing_secret(self, secret: str) -> tuple[str, ...]:
        """Store a secret before the others; return the others."""
        stored = self.read()
        self.write(replace(stored, signing_secrets=(secret, *stored.signing_secrets)))
        return stored.signing_secrets

    def keep_signing_secret(self, secret: str) -> None:
        """Remove all signing secrets but one."""
        self.write(replace(self.read(), signing_secrets=(secret,)))

    def write(self, secret: StripeSecret) -> None:
        value = {
            "stripe_api_key": secret.api_key,
            "webhook_signing_secrets": list(secret.signing_secrets),
        }
        self.client.put_secret_value(SecretId=self.arn, SecretString=json.dumps(value))


def _document(text: str | None) -> dict[str, Any]:
    try:
        document = json.loads(text) if text else None
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
