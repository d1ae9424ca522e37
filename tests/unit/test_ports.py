"""The ports that `make dev` listens on."""

import os
import socket
from collections.abc import Iterator

import psutil
import pytest

from local.machine.ports import LOOPBACKS, Name, chosen_port, free_port
from local.machine.processes import LocalCloudError

pytestmark = pytest.mark.enable_socket
ADDRESSES = {one.address for each in psutil.net_if_addrs().values() for one in each}


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture(params=[host for host in LOOPBACKS if host in ADDRESSES])
def taken(request: pytest.FixtureRequest, port: int) -> Iterator[int]:
    """Somebody listens there: `localhost` is ::1 to many servers and browsers."""
    family = socket.AF_INET6 if ":" in request.param else socket.AF_INET
    with socket.socket(family) as other:
        other.bind((request.param, port))
        other.listen()
        yield port


@pytest.mark.parametrize(
    ("name", "port"), [("STOREFRONT_PORT", 3000), ("AWS_PORT", 4566), ("STRIPE_PORT", 12111)]
)
def test_without_a_variable_it_is_the_documented_one(
    name: Name, port: int, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.machine.ports.is_free", lambda _: True)
    environments: list[dict[str, str]] = [{}, {name: ""}]
    for environment in environments:
        assert chosen_port(name, environment, said.append) == port
    assert said == []


def test_a_variable_chooses_another(port: int, said: list[str]) -> None:
    assert chosen_port("AWS_PORT", {"AWS_PORT": str(port)}, said.append) == port
    assert said == []


@pytest.mark.parametrize("text", ["x", "0", "-1", "80", "1023", "65536", "4566.0", " 4566", "٤٥٦٦"])
def test_what_is_no_port_is_refused(text: str, said: list[str]) -> None:
    with pytest.raises(LocalCloudError, match="AWS_PORT must be a port from 1024 to") as wrong:
        chosen_port("AWS_PORT", {"AWS_PORT": text}, said.append)
    assert repr(text) in str(wrong.value)


@pytest.mark.parametrize("name", ["AWS_PORT", "STRIPE_PORT", "STOREFRONT_PORT"])
@pytest.mark.parametrize(
    "environment", [{"STRIPE_PORT": "4566"}, {"STRIPE_PORT": "4001", "AWS_PORT": "4001"}]
)
def test_one_port_for_two_is_refused(
    name: Name, environment: dict[str, str], said: list[str]
) -> None:
    with pytest.raises(LocalCloudError, match=r"^AWS_PORT and STRIPE_PORT are both 4[0-9]{3}: "):
        chosen_port(name, environment, said.append)


def test_one_in_use_is_replaced_and_its_owner_named(taken: int, said: list[str]) -> None:
    chosen = chosen_port("STRIPE_PORT", {"STRIPE_PORT": str(taken)}, said.append)
    assert chosen != taken
    owner = f"process {os.getpid()} ({psutil.Process().name()})"
    assert said == [f"STRIPE_PORT {taken} is in use by {owner}: using {chosen} instead."]


def test_an_owner_that_may_not_be_seen_is_left_out(
    taken: int, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("psutil.net_connections", lambda **_: [])
    chosen = chosen_port("AWS_PORT", {"AWS_PORT": str(taken)}, said.append)
    assert said == [f"AWS_PORT {taken} is in use: using {chosen} instead."]


def test_the_next_start_gets_the_same_port(port: int, said: list[str]) -> None:
    """A connection that the server closed keeps its port for a minute, in TIME_WAIT."""
    with socket.create_server(("127.0.0.1", port)) as server:
        client = socket.create_connection(("127.0.0.1", port))
        accepted, _ = server.accept()
        accepted.close()
        assert client.recv(1) == b""
        client.close()
    assert chosen_port("AWS_PORT", {"AWS_PORT": str(port)}, said.append) == port
