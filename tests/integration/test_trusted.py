"""The route of a shop's own server: whom IAM lets in, on the deployed stack."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from local.cloud.aws import REGION
from tests.integration.checked_frontend import as_documented
from tests.integration.server import PATH, Server, route_arn, user_with
from tests.integration.world import World
from tests.options_docs import PROGRAM


def test_the_docs_program_asks_for_a_checkout_with_the_docs_policy(
    world: World, tmp_path: Path
) -> None:
    user = user_with(world, route_arn(world))
    names = f"API_URL, REGION = {world.stack.facts.api_url!r}, {REGION!r}\n"
    program = tmp_path / "server.py"
    program.write_text(f"{names}{PROGRAM}")
    environment = {
        "PATH": os.environ["PATH"],
        "AWS_ACCESS_KEY_ID": user.access_key,
        "AWS_SECRET_ACCESS_KEY": user.secret_key,
    }
    subprocess.run([sys.executable, program], env=environment, check=True, timeout=60)
    session = world.newest_session()
    assert (session.client_reference_id, session.amount_total) == ("cart-77", 4800)
    assert session.phone_number_collection is not None
    assert session.phone_number_collection.enabled


@pytest.mark.parametrize("resource", [None, "checkout", "confirm"])
def test_a_user_without_the_policy_gets_nothing(world: World, resource: str | None) -> None:
    """Nor one who may call the other routes."""
    others = {
        "checkout": route_arn(world).replace("/trusted", ""),
        "confirm": route_arn(world).replace("/trusted", "").replace("POST/", "POST/x/"),
    }
    server = Server(world, user_with(world, others[resource] if resource else None))
    response = server.request_checkout({"items": [world.one_mug]})
    # The body is the local AWS's own: API Gateway's is {"message": "Forbidden"}.
    assert response.status_code == httpx.codes.FORBIDDEN
    assert world.simulator.requests == []


def test_an_unsigned_delivery_is_refused(world: World) -> None:
    server = Server(world)
    for response in (
        server.request_checkout({"items": [world.one_mug]}, signed=False),
        httpx.post(f"{world.stack.facts.api_url}{PATH}", headers={"authorization": "Bearer x"}),
    ):
        assert response.status_code == httpx.codes.FORBIDDEN
        as_documented("createTrustedCheckout", response)
    assert world.simulator.requests == []


def test_a_server_sells_what_is_not_marked_and_a_browser_does_not(world: World) -> None:
    unmarked = world.price(500)
    items = [{"price": unmarked.id, "quantity": 1}]
    assert Server(world).checkout(items=items)["url"]
    refused = world.frontend.request_checkout({"items": items})
    assert refused.status_code == httpx.codes.BAD_REQUEST
