"""Our verification of a delivery and the Stripe SDK's accept the same, header by header."""

import hashlib
import hmac
import random
from typing import cast

import pytest
import stripe

from checkout.credentials import Credentials, CredentialsReader
from checkout.errors import NotAuthentic
from checkout.webhook import SIGNATURE_HEADER, WebhookVerifier
from tests.support.samples import sample
from tests.support.stripe_objects import NOW

SECRETS = ("whsec_new", "whsec_old")
OTHERS = ("whsec_another", "whsec_", "WHSEC_NEW")
BODIES = (
    '{"id": "evt_1", "object": "event", "type": "ping"}',
    '{"id": "evt_2", "object": "event", "type": "ping", "name": "Zoë \N{SNOWMAN}"}',
    '{"id": "evt_3", "object": "v2.core.event", "type": "ping"}\n',
    '{"id": "evt_4", "object": "event", "type": "%d.%b"}',
)
NOISE = ("", ",", "=", "t=1", " ", "v1", "0")
HEADERS = sample(some=4_000, all=40_000)


class _Secrets:
    """A secret that no one rolls."""

    def read(self) -> Credentials:
        return Credentials("sk_test_1", SECRETS)

    def reread(self) -> None: ...

    def verified(self) -> None: ...


VERIFIER = WebhookVerifier(cast("CredentialsReader", _Secrets()), now=lambda: NOW)


def ours(body: str, header: str) -> bool:
    try:
        VERIFIER.authentic_event(body.encode(), header)
    except NotAuthentic:
        return False
    return True


def the_sdks(body: str, header: str) -> bool:
    for secret in SECRETS:
        try:
            stripe.WebhookSignature.verify_header(body, header, secret)
        except stripe.SignatureVerificationError:
            continue
        return True
    return False


def signature(chance: random.Random, timestamp: str, body: str) -> str:
    secret = chance.choice(SECRETS + OTHERS)
    signed = hmac.digest(secret.encode(), f"{timestamp}.{body}".encode(), hashlib.sha256).hex()
    mistake = chance.randrange(12)
    if mistake == 0:
        return signed[:-1]
    if mistake == 1:
        place = chance.randrange(64)
        return signed[:place] + chance.choice("0123456789abcdef") + signed[place + 1 :]
    return signed


def header(chance: random.Random, body: str) -> str:
    timestamp = chance.choice([str(NOW), str(NOW - 60), str(NOW), "0" + str(NOW)])
    signed = chance.choice([body, body, body, chance.choice(BODIES)])
    signatures = [
        f"{chance.choice(['v1', 'v1', 'v1', 'v0', 'v2'])}={signature(chance, stated, signed)}"
        for stated in chance.choices([timestamp, str(int(timestamp)), str(NOW)], k=3)
    ]
    return ",".join([f"t={timestamp}", *signatures[: chance.randint(1, 3)]])


def test_accepts_the_headers_that_the_sdk_accepts() -> None:
    chance, accepted = random.Random(11), 0  # noqa: S311  (repeatable)
    for _ in range(HEADERS):
        body = chance.choice(BODIES)
        one = header(chance, body)
        assert ours(body, one) == the_sdks(body, one), (body, one)
        accepted += ours(body, one)
    assert HEADERS * 0.2 < accepted < HEADERS * 0.8


def test_accepts_nothing_that_the_sdk_refuses() -> None:
    """Ours refuses more: what Stripe does not send, such as a second timestamp."""
    chance, accepted = random.Random(12), 0  # noqa: S311
    for _ in range(HEADERS):
        body = chance.choice(BODIES)
        one = header(chance, body)
        for _ in range(chance.randint(0, 2)):
            place = chance.randrange(len(one) + 1)
            one = one[:place] + chance.choice(NOISE) + one[place + 1 :]
        if not SIGNATURE_HEADER.fullmatch(one):
            assert not ours(body, one)
            continue
        assert ours(body, one) <= the_sdks(body, one), (body, one)
        accepted += ours(body, one)
    assert accepted


@pytest.mark.parametrize("sign", SECRETS)
def test_accepts_what_the_sdk_signs(sign: str) -> None:
    for body in BODIES:
        made = stripe.WebhookSignature.generate_signature_header(body, sign, timestamp=NOW)
        assert ours(body, made)
