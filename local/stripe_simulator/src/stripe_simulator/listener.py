"""The socket that the simulator is reached at."""

import socket

LOOPBACK = "127.0.0.1"


def listen(port: int = 0) -> socket.socket:
    """On loopback only; port 0 is a free one.

    Not `socket.create_server`: asyncio sends a response's parts at once only where the socket
    names its protocol, and without that each request takes 40 ms (Nagle's algorithm).
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


def url_of(listener: socket.socket) -> str:
    return f"http://{LOOPBACK}:{listener.getsockname()[1]}"
