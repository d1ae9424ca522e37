import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from checkout.credentials import MIN_REFETCH_INTERVAL, CredentialsReader
from checkout.deliveries import Deliveries
from checkout.domain.changes import Outcome
from checkout.domain.order import OrderStatus
from checkout.errors import Misconfigured, NotAuthentic
from checkout.webhook import WebhookVerifier
from tests.support.aws_calls import AwsCalls, refuses
from tests.support.environment import Clock, Log, Secret
from tests.support.open_order import put_open_order
from tests.support.stack import SIGNING_SECRET
from tests.support.stripe_objects import NOW, delivery, event_of, signature

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

FETCH = "GetSecretValue"
MISMATCH = "The signature does not match the body."
MALFORMED = "The Stripe-Signature header is missing or malformed."
TOO_OLD = "The timestamp is too far from now."
PAID = event_of(OrderStatus.PAID)
BODY, SIGNED = delivery(PAID)


@pytest.fixture(autouse=True)
def created(dynamodb: "DynamoDBClient") -> None:
    """Let the order be known with its items, so that its events need nothing of Stripe."""
    put_open_order(dynamodb)


def refused(deliveries: Deliveries, body: bytes, header: str | None, reason: str) -> None:
    """Stripe's dashboard shows the reason."""
    with pytest.raises(NotAuthentic) as raised:
        deliveries.receive(body, header)
    assert raised.value.detail == reason


def test_takes_what_stripe_signed(deliveries: Deliveries) -> None:
    assert deliveries.receive(BODY, SIGNED) is Outcome.APPLIED


def test_checks_the_time_by_the_clock_of_the_machine(credentials: CredentialsReader) -> None:
    verifier = WebhookVerifier(credentials)
    with pytest.raises(NotAuthentic, match="too far from now"):
        verifier.authentic_event(BODY, signature(BODY, timestamp=1))
    signed = signature(BODY, timestamp=int(time.time()))
    assert verifier.authentic_event(BODY, signed) == PAID


@pytest.mark.parametrize("signer", ["whsec_another", "", "whsec_", SIGNING_SECRET.upper()])
def test_refuses_what_another_secret_signed(
    deliveries: Deliveries, calls: AwsCalls, signer: str
) -> None:
    refused(deliveries, BODY, signature(BODY, signer), MISMATCH)
    assert calls.count("UpdateItem") == 0


@pytest.mark.parametrize(
    "change",
    [BODY + b" ", b" " + BODY, BODY[:-1], BODY.replace(b"paid", b"PAID"), b"", b"{}"],
)
def test_refuses_a_changed_body(deliveries: Deliveries, calls: AwsCalls, change: bytes) -> None:
    refused(deliveries, change, SIGNED, MISMATCH)
    assert calls.count("UpdateItem") == 0


def test_refuses_a_changed_timestamp(deliveries: Deliveries) -> None:
    moved = SIGNED.replace(f"t={NOW}", f"t={NOW + 1}")
    refused(deliveries, BODY, moved, MISMATCH)


@pytest.mark.parametrize("secret_used", ["whsec_new", "whsec_old", "whsec_oldest"])
def test_each_secret_of_the_list_counts(
    deliveries: Deliveries, secret: Secret, calls: AwsCalls, secret_used: str
) -> None:
    secret.roll("whsec_new", "whsec_old", "whsec_oldest")
    assert deliveries.receive(*delivery(PAID, secret_used)) is Outcome.APPLIED
    assert calls.count(FETCH) == 1


@pytest.mark.parametrize("signers", [("whsec_other", SIGNING_SECRET), (SIGNING_SECRET, "whsec_x")])
def test_one_good_signature_of_several_is_enough(
    deliveries: Deliveries, signers: tuple[str, ...]
) -> None:
    assert deliveries.receive(BODY, signature(BODY, *signers)) is Outcome.APPLIED


def test_signatures_of_other_schemes_stand_beside_it(deliveries: Deliveries) -> None:
    test_mode = signature(BODY, "whsec_other", scheme="v0").partition(",")[2]
    assert deliveries.receive(BODY, f"{SIGNED},{test_mode}") is Outcome.APPLIED


def test_a_signature_of_another_scheme_alone_is_refused(deliveries: Deliveries) -> None:
    refused(deliveries, BODY, signature(BODY, scheme="v0"), MISMATCH)


def test_a_secret_that_was_rolled_meanwhile_refuses_no_delivery(
    deliveries: Deliveries, secret: Secret, calls: AwsCalls
) -> None:
    deliveries.receive(BODY, SIGNED)
    secret.roll("whsec_rolled")
    for _ in range(3):
        assert deliveries.receive(*delivery(PAID, "whsec_rolled")) is Outcome.DUPLICATE
    assert calls.count(FETCH) == 2


def test_a_secret_that_was_taken_out_is_refused_once_that_is_seen(
    deliveries: Deliveries, secret: Secret
) -> None:
    deliveries.receive(BODY, SIGNED)
    secret.roll("whsec_rolled")
    deliveries.receive(*delivery(PAID, "whsec_rolled"))
    refused(deliveries, BODY, SIGNED, MISMATCH)


def test_a_flood_of_forgeries_does_not_reach_secrets_manager(
    deliveries: Deliveries, calls: AwsCalls, clock: Clock
) -> None:
    forged = signature(BODY, "whsec_forged")
    for _ in range(50):
        refused(deliveries, BODY, forged, MISMATCH)
    assert calls.made == [FETCH, FETCH]
    assert deliveries.receive(BODY, SIGNED) is Outcome.APPLIED
    clock.now += MIN_REFETCH_INTERVAL
    refused(deliveries, BODY, forged, MISMATCH)
    assert calls.count(FETCH) == 3


def test_a_rolled_secret_is_seen_a_second_after_a_forgery(
    deliveries: Deliveries, secret: Secret, clock: Clock
) -> None:
    refused(deliveries, BODY, signature(BODY, "whsec_forged"), MISMATCH)
    secret.roll("whsec_rolled")
    clock.now += MIN_REFETCH_INTERVAL
    assert deliveries.receive(*delivery(PAID, "whsec_rolled")) is Outcome.APPLIED


@pytest.mark.parametrize("age", [-300, -299, 0, 299, 300])
def test_takes_a_timestamp_within_five_minutes_either_way(deliveries: Deliveries, age: int) -> None:
    assert deliveries.receive(*delivery(PAID, timestamp=NOW - age)) is Outcome.APPLIED


@pytest.mark.parametrize("age", [-(10**9), -301, 301, 10**9, NOW])
def test_refuses_any_other_timestamp(deliveries: Deliveries, calls: AwsCalls, age: int) -> None:
    refused(deliveries, *delivery(PAID, timestamp=NOW - age), TOO_OLD)
    assert calls.count("UpdateItem") == 0


HEX = "a" * 64


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        " ",
        "t=",
        f"t={NOW}",
        f"v1={HEX}",
        f"t=,v1={HEX}",
        f"t=now,v1={HEX}",
        f"t=-{NOW},v1={HEX}",
        f"t={NOW}.0,v1={HEX}",
        f"t=1{'0' * 5000},v1={HEX}",
        f"t=\N{ARABIC-INDIC DIGIT ONE},v1={HEX}",
        f"t={NOW},v1=",
        f"t={NOW},v1={HEX.upper()}",
        f"t={NOW},v1=é",
        f"t={NOW},v1={HEX[1:]}é",
        f"t={NOW},v1=\ud800",
        f"t={NOW},v1={'a' * 129}",
        f"t={NOW};v1={HEX}",
        f"t={NOW}, v1={HEX}",
        f"v1={HEX},t={NOW}",
        f"t={NOW},t={NOW},v1={HEX}",
        f"t={NOW},v1={HEX},t={NOW}",
        f"{SIGNED},{SIGNED}",
        f"{SIGNED}, {SIGNED}",
        f"{SIGNED},",
        f"{SIGNED}\n",
        f" {SIGNED}",
        SIGNED.replace("v1=", "v1=="),
        SIGNED + f",v1={HEX}" * 16,
    ],
)
def test_a_malformed_header_is_refused_without_looking_at_any_secret(
    deliveries: Deliveries, calls: AwsCalls, header: str | None
) -> None:
    refused(deliveries, BODY, header, MALFORMED)
    assert calls.made == []


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(), st.binary(max_size=64))
def test_no_header_and_body_that_stripe_did_not_sign_get_through(
    deliveries: Deliveries, header: str, body: bytes
) -> None:
    for guess in (header, f"t={NOW},v1={header}", f"t={NOW},v1={HEX},{header}"):
        with pytest.raises(NotAuthentic):
            deliveries.receive(body, guess)


def test_bytes_that_are_no_text_are_refused(deliveries: Deliveries, calls: AwsCalls) -> None:
    for body in (b"\xff", BODY + b"\xc3", b"\xed\xa0\x80"):
        refused(deliveries, body, signature(body), "The body is not UTF-8.")
    assert calls.made == []


@pytest.mark.parametrize("body", [b"", b"{", b"null", b"[" * 100_000, b'{"id": 1}'])
def test_nothing_is_read_before_it_is_verified(deliveries: Deliveries, body: bytes) -> None:
    refused(deliveries, body, None, MALFORMED)
    refused(deliveries, body, signature(body, "whsec_forged"), MISMATCH)
    refused(deliveries, body, signature(body, timestamp=NOW - 301), TOO_OLD)


@pytest.mark.parametrize("trouble", ["unreadable", "malformed"])
def test_stripe_sends_again_what_could_not_be_verified(
    deliveries: Deliveries, secret: Secret, calls: AwsCalls, trouble: str
) -> None:
    if trouble == "unreadable":
        calls.failure = refuses("InternalServiceError", status=500)
    else:
        secret.roll("whsec_")
    with pytest.raises(Misconfigured):
        deliveries.receive(BODY, SIGNED)


def test_a_refusal_quotes_no_secret_signature_or_body(deliveries: Deliveries, log: Log) -> None:
    forged = signature(BODY, "whsec_forged")
    with pytest.raises(NotAuthentic) as raised:
        deliveries.receive(BODY, forged)
    assert raised.value.__suppress_context__
    for quoted in (SIGNING_SECRET, forged[-64:], "evt_1abc", "ada@example.com"):
        assert quoted not in raised.value.detail
        assert quoted not in log.text
