"""schemathesis sends what openapi.yaml allows, and what it does not, to the deployed stack.

https://schemathesis.readthedocs.io
"""

import json
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from local.paths import CONTRACT, LOCAL
from local.shop.frontend import DEFAULT_ORIGIN
from tests.integration.world import World
from tests.support.documents import Json
from tests.support.samples import SAMPLES, sample

SCHEMATHESIS = LOCAL / "schemathesis/bin/st"
CONFIG = Path(__file__).with_name("schemathesis.toml")
# Of each operation, in each phase.
EXAMPLES = sample(some=1, all=300)
SEED = 1
ALL = SAMPLES == "all"
# The coverage of all values takes a thousand requests, most of them by methods without a route.
PHASES = "examples,coverage,fuzzing,stateful" if ALL else "examples,fuzzing"
# Only the coverage has a body of another type: test_refusals.py sends one.
CREATED = (201, 400, 415) if ALL else (201, 400)


def contract_of(world: World) -> Json:
    """Return openapi.yaml with prices and return URLs that this stack accepts as examples."""
    assert world.stack.price is not None
    text = CONTRACT.read_text()
    text = text.replace("https://shop.example", DEFAULT_ORIGIN)
    document: Json = yaml.safe_load(text.replace("price_1Mug", world.stack.price))
    # One key for all requests would be used with other bodies.
    del document["components"]["parameters"]["IdempotencyKey"]["example"]
    # It can't sign, which API Gateway responds to with 403, and it expects 401.
    del document["paths"]["/trusted/checkout/sessions"]["post"]["security"]
    return document


def run(
    world: World, document: Json, folder: Path, *options: str
) -> subprocess.CompletedProcess[str]:
    described = folder / "openapi.json"
    described.write_text(json.dumps(document))
    url = world.stack.facts.api_url
    return subprocess.run(
        [
            *(SCHEMATHESIS, "--config-file", CONFIG, "run", described, "--url", url),
            *(f"--seed={SEED}", f"--max-examples={EXAMPLES}", "--continue-on-failure"),
            *("--report=har", f"--report-har-path={folder / 'seen.har'}", *options),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def seen(folder: Path) -> set[tuple[str, int]]:
    """Return the routes that were called, each with a status that it responded with."""
    entries = json.loads((folder / "seen.har").read_text())["log"]["entries"]
    return {(route_of(entry["request"]), entry["response"]["status"]) for entry in entries}


def route_of(request: Json) -> str:
    path = urlsplit(request["url"]).path.partition("/execute-api/")[2].partition("/")[2]
    if path.startswith("checkout/sessions/"):
        path = "checkout/sessions/{session_id}/confirm"
    return f"{request['method']} /{path}"


def test_each_response_is_as_documented(world: World, tmp_path: Path) -> None:
    done = run(world, contract_of(world), tmp_path, f"--phases={PHASES}")
    assert done.returncode == 0, done.stdout + done.stderr
    confirm = "POST /checkout/sessions/{session_id}/confirm"
    assert seen(tmp_path) >= {
        ("GET /checkout/prices", 200),
        *(("POST /checkout/sessions", status) for status in CREATED),
        *((confirm, status) for status in (200, 404)),
        ("POST /stripe/webhook", 400),
        ("POST /trusted/checkout/sessions", 403),
    }


@pytest.mark.full  # that the tool sees what it is for
def test_a_response_that_is_not_as_documented_is_found(world: World, tmp_path: Path) -> None:
    document = contract_of(world)
    document["components"]["schemas"]["PriceList"]["required"].append("next_page")
    done = run(world, document, tmp_path, "--include-operation-id=listPrices", "--phases=coverage")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "next_page" in done.stdout
