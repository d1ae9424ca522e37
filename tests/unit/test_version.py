"""The version is one, wherever it is written, and a deployed stack reports it."""

import json
import re
import tomllib
from typing import TYPE_CHECKING

from checkout import wiring
from checkout.log import logger
from checkout.version import NAME, VERSION
from tests.support import contract
from tests.support.environment import Log
from tests.support.fake_stripe import FakeStripe
from tests.support.stack import ROOT, load_template
from tests.support.stripe_objects import SESSION_ID, session

if TYPE_CHECKING:
    from botocore.client import BaseClient

# Keep a Changelog's heading; a version that is not released yet has the word in place of its date.
# https://keepachangelog.com/en/1.1.0/
HEADING = re.compile(r"^## \[(?P<version>.+?)\] - (?P<date>.+)$", re.MULTILINE)
PLACES = ("pyproject.toml", "uv.lock", "CHANGELOG.md", "template.yaml", "openapi.yaml")


def test_every_place_names_the_same_version() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lock = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    changelog = HEADING.search((ROOT / "CHANGELOG.md").read_text())
    assert changelog is not None
    assert {
        "pyproject.toml": pyproject["version"],
        "uv.lock": next(each["version"] for each in lock if each["name"] == pyproject["name"]),
        "CHANGELOG.md": changelog["version"],
        "template.yaml": load_template()["Outputs"]["Version"]["Value"],
        "openapi.yaml": contract.document()["info"]["version"],
    } == dict.fromkeys(PLACES, VERSION)


def test_the_version_is_a_semantic_one() -> None:
    assert re.fullmatch(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", VERSION)


def test_each_heading_of_the_changelog_has_a_date_but_the_newest() -> None:
    dates = [found["date"] for found in HEADING.finditer((ROOT / "CHANGELOG.md").read_text())]
    iso_date = re.compile(r"\d{4}-\d{2}-\d{2}")
    assert all(iso_date.fullmatch(date) for date in dates[1:])
    assert dates[0] == "Unreleased" or iso_date.fullmatch(dates[0])


def test_every_log_line_has_the_version_whatever_is_cleared(log: Log) -> None:
    logger.info("before")
    logger.clear_state()
    logger.info("after")
    assert [entry["version"] for entry in log.entries] == [VERSION, VERSION]


def test_every_call_to_stripe_names_the_service_and_its_version(
    clients: "list[BaseClient]", fake_stripe: FakeStripe
) -> None:
    fake_stripe.respond(session())
    wiring.stripe_api().session(SESSION_ID)
    headers = fake_stripe.requests[-1].headers
    assert headers["User-Agent"].endswith(f" {NAME}/{VERSION}")
    application = json.loads(headers["X-Stripe-Client-User-Agent"])["application"]
    assert (application["name"], application["version"]) == (NAME, VERSION)
