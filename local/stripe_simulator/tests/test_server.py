"""How a simulator's server stops."""

import asyncio

from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.client import ClientProtocol
from websockets.protocol import State
from websockets.uri import parse_uri

from stripe_simulator.listener import listen
from stripe_simulator.server import SimulatorServer

URL = "ws://127.0.0.1/"


async def accept(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.receive()


class ClientCloses(SimulatorServer):
    """Stops between the client's close frame and the end of its connection."""

    async def main_loop(self) -> None:
        client = ClientProtocol(parse_uri(URL))
        client.send_request(client.connect())
        address = self.servers[0].sockets[0].getsockname()
        reader, writer = await asyncio.open_connection(*address)
        writer.writelines(client.data_to_send())
        client.receive_data(await reader.readuntil(b"\r\n\r\n"))
        client.send_close(1000)
        writer.writelines(client.data_to_send())
        writer.close()
        [connection] = self.server_state.connections
        assert isinstance(connection, WebSocketsSansIOProtocol)
        # The loop runs this between the frame's arrival and the connection's end.
        while connection.conn.state is State.OPEN:  # noqa: ASYNC110
            await asyncio.sleep(0)


def test_a_client_may_be_closing_its_websocket() -> None:
    app = Starlette(routes=[WebSocketRoute("/", accept)])
    with listen() as listener:
        server = ClientCloses(app)
        server.run(sockets=[listener])
    assert server.server_state.connections == set()
