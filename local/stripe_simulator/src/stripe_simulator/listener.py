"""The simulator's listening socket."""

import ipaddress
import socket

LOOPBACK = "127.0.0.1"


def listen(port: int = 0, host: str = LOOPBACK) -> socket.socket:
    """Open a socket; port 0 chooses a free one. Raise OSError.

    Not `socket.create_server`: asyncio disables Nagle's algorithm only for sockets with an explicit
    protocol, and with it each request takes 40 ms.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


def url_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    if ipaddress.ip_address(host).is_unspecified:
        host = LOOPBACK
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
