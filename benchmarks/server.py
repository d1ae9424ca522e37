"""A loopback HTTP server that responds in one packet, without waiting for acknowledgements."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    # Send headers and body together: otherwise the body waits for the peer's delayed ACK.
    wbufsize = -1

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("content-length", 0)))

    def respond(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, connection: type[Connection]) -> None:
        super().__init__(("127.0.0.1", 0), connection)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_port}"

    def start(self) -> None:
        threading.Thread(target=self.serve_forever, daemon=True).start()
