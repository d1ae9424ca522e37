"""The Stripe key and the webhook's signing secrets, from one Secrets Manager secret.

{"stripe_api_key": "sk_…", "webhook_signing_secrets": ["whsec_new", "whsec_old"]}
"""

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

from botocore.exceptions import BotoCoreError, ClientError

from checkout.errors import Misconfigured
from checkout.log import logger

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

# Seconds until a secret that ops removed from the list stops working in every container.
MAX_AGE = 300
# Seconds between fetches that bring no new secret: doubled each time up to the maximum. Under a
# flood of forged deliveries each container fetches once in 10 s, and a secret that is added late is
# used within 10 s.
MIN_REFETCH_INTERVAL = 1.0
MAX_REFETCH_INTERVAL = 10.0

# A stray space or newline would make every request of the SDK fail.
API_KEY = r"(sk|rk)_{mode}_[\x21-\x7e]+"
SIGNING_SECRET = re.compile(r"whsec_\S+")
HOW_TO_SET = "Put {stripe_api_key, webhook_signing_secrets} into the stack's StripeSecretArn."
# The secret was deleted or has no value: the cached one was removed on purpose.
# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
REMOVED = ("ResourceNotFoundException", "InvalidRequestException")


@dataclass(frozen=True, slots=True)
class Credentials:
    stripe_api_key: str = field(repr=False)
    webhook_signing_secrets: tuple[str, ...] = field(repr=False)


class CredentialsReader:
    """Read the secret, and cache it for MAX_AGE seconds.

    `read` and `reread` raise Misconfigured, without any value, while the secret is missing or
    malformed. While Secrets Manager fails, `read` returns the cached secret, however old. `clock`
    returns seconds.
    """

    def __init__(
        self,
        client: "SecretsManagerClient",
        secret_arn: str,
        *,
        livemode: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._secret_arn = secret_arn
        self._mode = "live" if livemode else "test"
        self._clock = clock
        self._cached: Credentials | None = None
        self._expires_at = float("-inf")
        self._problem: str | None = None  # why the last fetch failed
        self._interval = MIN_REFETCH_INTERVAL
        self._next_fetch_at = float("-inf")

    def read(self) -> Credentials:
        if self._cached is None or self._clock() >= self._expires_at:
            if self._problem is None or self._may_fetch():
                self._fetch()
            if self._cached is None:
                self._raise_problem()
        return self._cached

    def reread(self) -> Credentials | None:
        """Fetch the secret again after Stripe refused it; None if the last fetch was too recent.

        Raise Misconfigured while Secrets Manager fails: the secret may have changed.
        """
        if self._may_fetch():
            before = self._cached
            self._fetch()
            if self._problem is None:
                self._wait(helped=self._cached != before)
                return self._cached
        if self._problem is not None:
            self._raise_problem()
        return None

    def verified(self) -> None:
        """Reset the interval: Stripe signed a delivery with one of the cached secrets."""
        self._interval = MIN_REFETCH_INTERVAL
        self._next_fetch_at = min(self._next_fetch_at, self._clock() + MIN_REFETCH_INTERVAL)

    def _may_fetch(self) -> bool:
        return self._clock() >= self._next_fetch_at

    def _wait(self, *, helped: bool) -> None:
        if helped:
            self._interval = MIN_REFETCH_INTERVAL
        self._next_fetch_at = self._clock() + self._interval
        if not helped:
            self._interval = min(2 * self._interval, MAX_REFETCH_INTERVAL)

    def _fetch(self) -> None:
        """Replace the cached secret, by None if it is now unusable; keep it in an outage."""
        try:
            response = self._client.get_secret_value(SecretId=self._secret_arn)
            self._cached = _credentials(response.get("SecretString"), self._mode)
        except (BotoCoreError, ClientError) as error:
            reason = type(error).__name__
            if isinstance(error, ClientError):
                reason = error.response["Error"]["Code"]
            if reason in REMOVED:
                self._cached = None
            logger.warning("secret not read", reason=reason, cached=self._cached is not None)
            self._problem = f"The secret can't be read. {HOW_TO_SET}"
            self._wait(helped=False)
        except Misconfigured as error:
            self._cached = None
            self._problem = error.detail
            self._wait(helped=False)
        else:
            self._problem = None
            self._expires_at = self._clock() + MAX_AGE

    def _raise_problem(self) -> NoReturn:
        raise Misconfigured(self._problem or HOW_TO_SET)


def _credentials(text: str | None, mode: str) -> Credentials:
    """Check the secret's shape.

    An empty signing secret would verify any delivery signed with the empty key.
    """
    try:
        document = json.loads(text) if text else None
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise Misconfigured(f"The secret is not a JSON object. {HOW_TO_SET}")
    key, secrets = document.get("stripe_api_key"), document.get("webhook_signing_secrets")
    if not isinstance(key, str) or not re.fullmatch(API_KEY.format(mode=mode), key):
        raise Misconfigured(f"stripe_api_key must start with sk_{mode}_ or rk_{mode}_.")
    if not isinstance(secrets, list) or not secrets:
        raise Misconfigured("webhook_signing_secrets must be a list of at least one secret.")
    for secret in secrets:
        if not isinstance(secret, str) or not SIGNING_SECRET.fullmatch(secret):
            raise Misconfigured("Each of webhook_signing_secrets must start with whsec_.")
    return Credentials(stripe_api_key=key, webhook_signing_secrets=tuple(secrets))
