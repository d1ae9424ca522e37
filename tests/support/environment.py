"""What the service finds around it: AWS clients, a secret, a clock and a log."""

import io
import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from checkout.aws import clients
from tests.support.stack import API_KEY, SECRET_NAME, SIGNING_SECRET

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

ONE_TRY = Config(retries={"total_max_attempts": 1})


@cache
def session_of_all_tests() -> boto3.Session:
    """It caches botocore's models, slow to read, with the session of the code under test."""
    return boto3.Session(botocore_session=clients.session())


@cache
def client_of_all_tests(service: Any) -> Any:  # noqa: ANN401  (boto3 has a type for each name)
    """Return a shared client without recorded calls or faults; making one costs ten requests."""
    return session_of_all_tests().client(service, config=ONE_TRY)


@cache
def client_under_test(service: Any) -> Any:  # noqa: ANN401
    """Return the client that the code under test uses. `AwsCalls` watches it for one test."""
    return session_of_all_tests().client(service, config=ONE_TRY)


@dataclass(frozen=True)
class Secret:
    client: "SecretsManagerClient"

    def put(self, value: object) -> None:
        text = value if isinstance(value, str) else json.dumps(value)
        self.client.put_secret_value(SecretId=SECRET_NAME, SecretString=text)

    def roll(self, *signing_secrets: str, api_key: str = API_KEY) -> None:
        secrets = list(signing_secrets or (SIGNING_SECRET,))
        self.put({"stripe_api_key": api_key, "webhook_signing_secrets": secrets})


@dataclass
class Clock:
    """Seconds, moved by the test."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class Log:
    stream: io.StringIO

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def entries(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]
