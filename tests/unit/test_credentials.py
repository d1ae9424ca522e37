from contextlib import suppress

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from checkout.credentials import MAX_AGE, MAX_REFETCH_INTERVAL, Credentials, CredentialsReader
from checkout.errors import Misconfigured
from tests.support.aws_calls import AwsCalls, breaks, refuses
from tests.support.environment import Clock, Log, Secret
from tests.support.stack import API_KEY, SECRET_NAME

FETCH = "GetSecretValue"


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


def test_a_live_stack_takes_live_keys_only(secret: Secret, clock: Clock) -> None:
    reader = CredentialsReader(
        boto3.client("secretsmanager"), SECRET_NAME, livemode=True, clock=clock
    )
    with pytest.raises(Misconfigured, match="must start with sk_live_ or rk_live_"):
        reader.read()
    secret.roll(api_key="rk_live_51AbC")
    clock.now += 1
    again = reader.reread()
    assert again is not None
    assert again.stripe_api_key == "rk_live_51AbC"


def test_is_fetched_once_in_five_minutes(
    credentials: CredentialsReader, calls: AwsCalls, clock: Clock
) -> None:
    assert MAX_AGE == 5 * 60
    credentials.read()
    clock.now = MAX_AGE - 0.1
    credentials.read()
    assert calls.count(FETCH) == 1
    clock.now = MAX_AGE
    credentials.read()
    assert calls.count(FETCH) == 2


def test_a_removed_secret_stops_after_five_minutes(
    credentials: CredentialsReader, secret: Secret, clock: Clock
) -> None:
    secret.roll("whsec_leaked")
    credentials.read()
    secret.roll("whsec_new")
    assert credentials.read().webhook_signing_secrets == ("whsec_leaked",)
    clock.now = MAX_AGE
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


def seconds_of_fetches(
    credentials: CredentialsReader, calls: AwsCalls, clock: Clock, seconds: int
) -> list[float]:
    """Return the times of the fetches if a caller asks for one every tenth of a second."""
    times = []
    for tenth in range(10 * seconds):
        clock.now = tenth / 10
        before = calls.count(FETCH)
        with suppress(Misconfigured):
            credentials.reread()
        if calls.count(FETCH) > before:
            times.append(clock.now)
    return times


GROWING = [0, 1, 3, 7, 15, 25, 35]


def test_rereads_at_growing_intervals(
    credentials: CredentialsReader, calls: AwsCalls, clock: Clock
) -> None:
    credentials.read()
    assert seconds_of_fetches(credentials, calls, clock, 40) == GROWING


def test_rereads_that_fail_grow_apart_too(
    credentials: CredentialsReader, calls: AwsCalls, clock: Clock
) -> None:
    calls.failure = refuses("InternalServiceError", status=500)
    assert seconds_of_fetches(credentials, calls, clock, 40) == GROWING


@pytest.mark.parametrize("seconds", [1, 2, 4, 8, 16, 30])
def test_a_secret_added_late_is_seen_within_ten_seconds(
    credentials: CredentialsReader, calls: AwsCalls, secret: Secret, clock: Clock, seconds: int
) -> None:
    credentials.read()
    seconds_of_fetches(credentials, calls, clock, seconds)
    start = clock.now
    secret.roll("whsec_late")
    while credentials.read().webhook_signing_secrets != ("whsec_late",):
        clock.now += 0.1
        credentials.reread()
    assert clock.now - start <= MAX_REFETCH_INTERVAL == 10


def test_a_change_makes_the_interval_short_again(
    credentials: CredentialsReader, calls: AwsCalls, secret: Secret, clock: Clock
) -> None:
    credentials.read()
    seconds_of_fetches(credentials, calls, clock, 15)
    secret.roll("whsec_new")
    clock.now = 15
    assert credentials.reread() == Credentials(API_KEY, ("whsec_new",))
    clock.now = 15.9
    assert credentials.reread() is None
    clock.now = 16
    assert credentials.reread() is not None


def test_a_verified_delivery_makes_the_interval_short_again(
    credentials: CredentialsReader, calls: AwsCalls, clock: Clock
) -> None:
    credentials.read()
    assert seconds_of_fetches(credentials, calls, clock, 16) == [0, 1, 3, 7, 15]
    credentials.verified()
    assert credentials.reread() is None
    clock.now = 17
    assert credentials.reread() is not None
    clock.now = 18
    assert credentials.reread() is not None


def test_a_verified_delivery_restarts_no_interval(
    credentials: CredentialsReader, clock: Clock
) -> None:
    credentials.read()
    for clock.now in (0.0, 0.5, 0.9, 1.0):
        credentials.verified()
    assert credentials.reread() is not None


def test_a_failed_reread_is_raised_until_the_next(
    credentials: CredentialsReader, calls: AwsCalls, clock: Clock
) -> None:
    calls.failure = refuses("InternalServiceError", status=500)
    for _ in range(3):
        with pytest.raises(Misconfigured):
            credentials.reread()
    assert calls.count(FETCH) == 1
    clock.now = 1.0
    calls.failure = None
    assert credentials.reread() is not None


# When Secrets Manager fails


OUTAGES = {
    "InternalServiceError": refuses("InternalServiceError", status=500),
    "ThrottlingException": refuses("ThrottlingException"),
    "AccessDeniedException": refuses("AccessDeniedException"),
    "EndpointConnectionError": breaks(
        EndpointConnectionError(endpoint_url="https://secretsmanager")
    ),
}


@pytest.mark.parametrize("reason", OUTAGES)
def test_an_outage_does_not_stop_what_a_cached_secret_can_serve(
    credentials: CredentialsReader, calls: AwsCalls, clock: Clock, log: Log, reason: str
) -> None:
    cached = credentials.read()
    calls.failure = OUTAGES[reason]
    for clock.now in (MAX_AGE, MAX_AGE + 0.9, 10 * MAX_AGE):
        assert credentials.read() == cached
    assert calls.count(FETCH) == 3
    warning = log.entries[-1]
    assert (warning["level"], warning["message"]) == ("WARNING", "secret not read")
    assert (warning["reason"], warning["cached"]) == (reason, True)


def test_after_an_outage_the_secret_is_read_again(
    credentials: CredentialsReader, calls: AwsCalls, secret: Secret, clock: Clock
) -> None:
    credentials.read()
    calls.failure = refuses("InternalServiceError", status=500)
    clock.now = MAX_AGE
    credentials.read()
    secret.roll("whsec_new")
    calls.failure = None
    clock.now = MAX_AGE + 1
    assert credentials.read().webhook_signing_secrets == ("whsec_new",)
    clock.now = 2 * MAX_AGE
    credentials.read()
    assert calls.count(FETCH) == 3


def test_an_outage_is_asked_about_at_growing_intervals(
    credentials: CredentialsReader, calls: AwsCalls, clock: Clock
) -> None:
    credentials.read()
    calls.failure = refuses("InternalServiceError", status=500)
    for tenth in range(400):
        clock.now = MAX_AGE + tenth / 10
        credentials.read()
    assert calls.count(FETCH) == 1 + len(GROWING)


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "InvalidRequestException"])
def test_a_secret_that_was_deleted_is_used_no_longer(
    credentials: CredentialsReader, calls: AwsCalls, clock: Clock, code: str
) -> None:
    credentials.read()
    calls.failure = refuses(code)
    clock.now = MAX_AGE
    with pytest.raises(Misconfigured, match="can't be read"):
        credentials.read()


def test_credentials_show_nothing_of_themselves(credentials: CredentialsReader) -> None:
    for read in (credentials.read(), credentials.reread()):
        assert repr(read) == str(read) == "Credentials()"
