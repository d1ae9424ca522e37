"""Deliveries that are under way when the simulator ends."""

import asyncio
from typing import TYPE_CHECKING

from stripe_simulator.behaviour import Behaviour
from stripe_simulator.listener import LOOPBACK
from stripe_simulator.settings import Settings
from stripe_simulator.testing import SECRET_KEY, WAIT_SECONDS, Clock
from stripe_simulator.webhooks.deliveries import Deliveries
from stripe_simulator.webhooks.registered_endpoints import Endpoint, Endpoints

if TYPE_CHECKING:
    from stripe_simulator.documents import Json


async def canceled_at_the_receiver() -> Deliveries:
    """Let a receiver get a delivery and not respond, then end the deliveries."""
    received = asyncio.Event()

    async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        received.set()
        await reader.read()  # until the sender hangs up
        writer.close()

    endpoints = Endpoints(Clock(), livemode=False)
    deliveries = Deliveries(Settings((SECRET_KEY,)), Behaviour(), endpoints, attempted=lambda: None)
    server = await asyncio.start_server(receive, LOOPBACK, 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        document: Json = {"id": "we_1", "status": "enabled", "url": f"http://{LOOPBACK}:{port}/"}
        endpoint = Endpoint(document, thin=False)
        endpoints.add(endpoint)
        event = {"id": "evt_1", "object": "event", "type": "charge.refunded", "api_version": "1"}
        deliveries.send(event, endpoint)
        await asyncio.wait_for(received.wait(), WAIT_SECONDS)
        assert deliveries.under_way == {"we_1": 1}
        await deliveries.aclose()
    return deliveries


def test_a_canceled_delivery_is_not_under_way() -> None:
    deliveries = asyncio.run(canceled_at_the_receiver())
    assert deliveries.under_way == {"we_1": 0}
    assert deliveries.attempts == []
