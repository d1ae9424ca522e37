"""A stack that operators call commands for: Stripe is a simulator, and AWS is in memory."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import stripe

from ops import operation, webhook
from ops.destinations import Destination, Destinations
from ops.environment import Environment
from ops.secret import SecretStore
from ops.stack import Stack
from stripe_simulator.testing import (
    RESTRICTED_KEY,
    SECRET_KEY,
    Received,
    Receiver,
    Running,
    fast,
    receiving,
    running,
)
from tests.support.environment import client_of_all_tests
from tests.support.operating import at, in_aws, stack_of
from tests.support.stack import SECRET_NAME

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

# What the service calls, as the simulator names it.
PERMISSIONS = (
    "checkout_session_write",
    "payment_intent_read",
    "charge_read",
    "dispute_read",
    "plan_read",
    "product_read",
)


@dataclass(frozen=True)
class ReceiversLog:
    """CloudWatch Logs with an entry for each delivery that the receiver found authentic."""

    receiver: Receiver
    secret: SecretStore

    def get_paginator(self, _operation: str) -> "ReceiversLog":
        return self

    def paginate(self, *, filterPattern: str, **_: object) -> list[dict[str, Any]]:  # noqa: N803  (boto3's)
        event_id = filterPattern.split('"')[-2].encode()
        found = [one for one in self.receiver.received if event_id in one.body]
        return [{"events": [one for one in found if is_authentic(one, self.secret)]}]


def is_authentic(delivery: Received, store: SecretStore) -> bool:
    """See whether a delivery is signed with a secret that is stored now."""
    for secret in store.read().signing_secrets:
        try:
            stripe.WebhookSignature.verify_header(
                delivery.body.decode(), delivery.signature or "", secret, tolerance=None
            )
        except stripe.SignatureVerificationError:
            continue
        return True
    return False


@dataclass(frozen=True)
class Operated:
    simulator: Running
    receiver: Receiver
    secret: SecretStore
    environment: Environment
    stack_file: Path

    @property
    def stack(self) -> Stack:
        outputs = {"WebhookUrl": self.receiver.url, "StripeSecretArn": SECRET_NAME}
        return stack_of(self.environment, outputs=outputs)

    @property
    def destinations(self) -> Destinations:
        return Destinations(self.simulator.sdk, self.receiver.url)

    @property
    def destination(self) -> Destination:
        [one] = self.destinations.registered()
        return one

    @property
    def noted_secret(self) -> str:
        """What the file of the local stack says."""
        noted: str = json.loads(self.stack_file.read_text())["webhook_secret"]
        return noted

    def granting(self, *permissions: str) -> None:
        """Let the service's restricted key do this and no more."""
        body = {"permissions": permissions}
        self.simulator.request("PATCH", "/_simulator/restricted_key", json=body).raise_for_status()

    def sell(self, **metadata: str) -> None:
        product = self.simulator.sdk.v1.products.create({"name": "Mug"})
        params: Any = {"product": product.id, "unit_amount": 500, "currency": "eur"}
        self.simulator.sdk.v1.prices.create(params | {"metadata": metadata})


@contextmanager
def operated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Operated]:
    """Yield a stack whose secret has no value yet; commands of `--env local` are about it."""
    client: SecretsManagerClient = client_of_all_tests("secretsmanager")
    client.create_secret(Name=SECRET_NAME)
    store = SecretStore(client, SECRET_NAME)
    monkeypatch.setattr(webhook, "POLL_SECONDS", 0.01)
    for name in ("STRIPE_API_KEY", "STRIPE_SERVICE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    settings = fast(restricted_key=RESTRICTED_KEY, restricted_permissions=PERMISSIONS)
    with running(settings) as simulator, receiving() as receiver:
        receiver.respond = lambda delivery: 200 if is_authentic(delivery, store) else 400
        local = at(tmp_path, receiver.url, simulator.url, SECRET_KEY)
        facts = dict.fromkeys(("api_url", "webhook_url", "stripe_url", "stripe_api_key"), "")
        facts |= dict.fromkeys(("aws_endpoint_url", "region", "webhook_secret"), "")
        local.file.write_text(json.dumps(facts))
        environment = in_aws(local=local, secrets=client, logs=ReceiversLog(receiver, store))
        one = Operated(simulator, receiver, store, environment, local.file)
        monkeypatch.setattr(operation, "environment", lambda _name, **_: environment)
        monkeypatch.setattr(Stack, "read", lambda _environment: one.stack)
        yield one
