"""The ports of 127.0.0.1 that the local cloud listens on.

`make dev` uses the same ports at each start, if they are free. `make demo` and the tests use free
ones, so that they can run beside it.
"""

import random
import re
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import psutil

from local.machine.processes import LocalCloudError

type Name = Literal["STOREFRONT_PORT", "AWS_PORT", "STRIPE_PORT"]

HOST = "127.0.0.1"
# Browsers try ::1 for `localhost` too, often first.
LOOPBACKS = (HOST, "::1")
DEFAULTS: Mapping[Name, int] = {"STOREFRONT_PORT": 3000, "AWS_PORT": 4566, "STRIPE_PORT": 12111}
UNPRIVILEGED = range(1024, 65_536)
CONNECT_SECONDS = 0.5
# To load the certificates takes longer than a request does, and nothing on this machine has one.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@dataclass(frozen=True)
class StackPorts:
    """Ports; 0 chooses a free one."""

    aws: int = 0
    stripe: int = 0


FREE = StackPorts()


def chosen_port(name: Name, environment: Mapping[str, str], say: Callable[[str], None]) -> int:
    """Return the port that the variable `name` chooses, or its default.

    If it is in use, print its process and return a free port. Raise LocalCloudError for an invalid
    port, or if two variables have the same one.
    """
    port = _wanted(environment)[name]
    if is_free(port):
        return port
    other = free_port()
    say(f"{name} {port} is in use{_owner(port)}: using {other} instead.")
    return other


def free_port() -> int:
    """Return a free port below the range for outgoing connections, which could otherwise take it
    before the service starts.
    """
    while True:
        port = random.randint(20_000, 29_999)  # noqa: S311  (no secret)
        if is_free(port):
            return port


def is_free(port: int) -> bool:
    """True if we can listen on it and nothing else responds there."""
    with socket.socket() as probe:
        # As the services do, ignore connections of the last run in TIME_WAIT.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return not any(_accepts(host, port) for host in LOOPBACKS)


def _accepts(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), CONNECT_SECONDS).close()
    except OSError:
        return False
    return True


def _wanted(environment: Mapping[str, str]) -> dict[Name, int]:
    wanted: dict[Name, int] = {}
    for name, default in DEFAULTS.items():
        port = _port(name, environment.get(name) or str(default))
        for other, taken in wanted.items():
            if taken == port:
                raise LocalCloudError(f"{other} and {name} are both {port}: choose another for one")
        wanted[name] = port
    return wanted


def _port(name: Name, text: str) -> int:
    if not re.fullmatch("[0-9]{1,5}", text) or int(text) not in UNPRIVILEGED:
        first, last = UNPRIVILEGED[0], UNPRIVILEGED[-1]
        raise LocalCloudError(f"{name} must be a port from {first} to {last}: it is {text!r}")
    return int(text)


def _owner(port: int) -> str:
    """Describe the process on a port, if the system shows it: macOS only to root, Linux to its
    user.
    """
    try:
        for connection in psutil.net_connections(kind="tcp"):
            listens = connection.status == psutil.CONN_LISTEN and connection.pid
            if listens and connection.laddr and connection.laddr.port == port:
                return f" by process {listens} ({psutil.Process(listens).name()})"
    except psutil.Error:
        pass
    return ""
