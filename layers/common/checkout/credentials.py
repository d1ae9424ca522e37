"""The Stripe key and the webhook's signing secrets, from one Secrets Manager secret.

{"stripe_api_key": "sk_…", "webhook_signing_secrets": ["whsec_new", "whsec_old"]}
"""

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from aws_lambda_powertools.utilities.parameters import SecretsProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError

from checkout.errors import Misconfigured

# A leaked secret that ops took out of the list stops working everywhere after this many seconds.
MAX_AGE = 300
# A flood of forged deliveries makes each container ask Secrets Manager this often, not every time.
MIN_REFETCH_INTERVAL = 1.0

# A stray space or newline would make every request of the SDK fail.
API_KEY = r"(sk|rk)_{mode}_[\x21-\x7e]+"
SIGNING_SECRET = re.compile(r"whsec_\S+")
HOW_TO_SET = "Put {stripe_api_key, webhook_signing_secrets} into the stack's StripeSecretArn."


@dataclass(frozen=True, slots=True)
class Credentials:
    stripe_api_key: str = field(repr=False)
    webhook_signing_secrets: tuple[str, ...] = field(repr=False)


class CredentialsReader:
    """Raise Misconfigured, without any value, while the secret is missing or malformed."""

    def __init__(
        self,
        provider: SecretsProvider,
        secret_arn: str,
        *,
        livemode: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._provider = provider
        self._secret_arn = secret_arn
        self._mode = "live" if livemode else "test"
        self._clock = clock
        self._refetched_at = float("-inf")

    def read(self) -> Credentials:
        return self._parsed(force_fetch=False)

    def reread(self) -> Credentials | None:
        """Fetch again what Stripe no longer accepts; None when that was done a moment ago."""
        if self._clock() - self._refetched_at < MIN_REFETCH_INTERVAL:
            return None
        self._refetched_at = self._clock()
        return self._parsed(force_fetch=True)

    def _parsed(self, *, force_fetch: bool) -> Credentials:
        try:
            text = self._provider.get(self._secret_arn, max_age=MAX_AGE, force_fetch=force_fetch)
        except GetParameterError as error:
            raise Misconfigured(f"The secret can't be read. {HOW_TO_SET}") from error
        return _credentials(text, self._mode)


def _credentials(text: str | bytes | dict[str, object] | None, mode: str) -> Credentials:
    """Check the secret's shape.

    An empty signing secret would verify what anybody signed with the empty key.
    """
    try:
        document = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise Misconfigured(f"The secret is not a JSON object. {HOW_TO_SET}")
    key, secrets = document.get("stripe_api_key"), document.get("webhook_signing_secrets")
    if not isinstance(key, str) or not re.fullmatch(API_KEY.format(mode=mode), key):
        raise Misconfigured(f"stripe_api_key must be sk_{mode}_ or rk_{mode}_ and what follows.")
    if not isinstance(secrets, list) or not secrets:
        raise Misconfigured("webhook_signing_secrets must be a list of at least one secret.")
    for secret in secrets:
        if not isinstance(secret, str) or not SIGNING_SECRET.fullmatch(secret):
            raise Misconfigured("Each of webhook_signing_secrets must be whsec_ and what follows.")
    return Credentials(stripe_api_key=key, webhook_signing_secrets=tuple(secrets))
