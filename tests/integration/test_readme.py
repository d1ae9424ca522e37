"""The examples of README and docs/deploy.md, run word for word against the deployed stack."""

import json
import os
import re
import subprocess

from local.paths import ROOT
from local.shop.customer import new_idempotency_key, pay_by_card
from tests.integration.world import World
from tests.support.documents import Json

README = (ROOT / "README.md").read_text()
EXAMPLE = re.compile(r"```sh\n(?P<command>curl .*?)```\n```json\n(?P<response>.*?)```", re.DOTALL)
PROBLEM = re.compile(r"problem\+json`:\n\n```json\n(?P<response>.*?)```", re.DOTALL)


def run(command: str, **environment: str) -> Json:
    done = subprocess.run(
        ["/bin/bash", "-euc", command],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    document: Json = json.loads(done.stdout)
    return document


def assert_same_shape(response: Json, documented: Json) -> None:
    """The same keys with values of the same kinds; what is not an id or a time is the same."""
    assert response.keys() == documented.keys()
    for name, value in documented.items():
        assert type(response[name]) is type(value), name
        if "…" not in str(value) and name != "expires_at":
            assert response[name] == value, name


def test_the_examples_do_what_they_say(world: World) -> None:
    prices, checkout, embedded, confirm = EXAMPLE.finditer(README)
    api_url = world.stack.facts.api_url
    listed = run(prices["command"], API_URL=api_url)["prices"]
    # Other tests sell other prices.
    [mug] = [one for one in listed if one["lookup_key"] == "mug"]
    [shown] = json.loads(prices["response"])["prices"]
    assert_same_shape(mug, shown)
    created = run(checkout["command"], API_URL=api_url, CART_ID=new_idempotency_key())
    assert_same_shape(created, json.loads(checkout["response"]))
    own_page = run(embedded["command"], API_URL=api_url)
    assert_same_shape(own_page, json.loads(embedded["response"]))
    pay_by_card(created["url"])
    confirmed = run(confirm["command"], API_URL=api_url, SESSION_ID=created["session_id"])
    assert_same_shape(confirmed, json.loads(confirm["response"]))


def test_the_first_purchase_after_a_deploy(world: World) -> None:
    deploy = (ROOT / "docs" / "deploy.md").read_text()
    [command] = re.findall(r"^curl .*$", deploy, re.MULTILINE)
    assert "price_…" in command
    command = command.replace("price_…", str(world.stack.price))
    created = run(f"{command} --silent", API_URL=world.stack.facts.api_url)
    pay_by_card(created["url"])
    world.wait_for_status(created["order_id"], "paid")
    found = world.operate("orders", "find", created["order_id"], "--json").document
    assert [one["status"] for one in found] == ["paid"]


def test_the_problem_is_the_one_that_is_shown(world: World) -> None:
    shown = PROBLEM.search(README)
    assert shown is not None
    response = world.frontend.request_checkout({"items": [{"price": "price_1gone", "quantity": 1}]})
    assert response.json() == json.loads(shown["response"])
