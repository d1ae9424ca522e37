"""The workflows run the README's commands, by actions that nobody can exchange."""

import re
from pathlib import Path

import pytest
import yaml

from local.paths import ROOT
from tests.support.documents import Json

GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
FORMS = [GITHUB / "ISSUE_TEMPLATE" / name for name in ("bug.yml", "feature.yml")]
# The commit, and the version that Dependabot updates with it.
PINNED = re.compile(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
OWN_WORKFLOW = "uses: ./.github/workflows/ci.yml"


def read(path: Path) -> Json:
    document: Json = yaml.safe_load(path.read_text())
    return document


def commands(job: Json) -> list[str]:
    return [step["run"] for step in job["steps"] if "run" in step]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_to_a_commit(path: Path) -> None:
    used = [line.strip().removeprefix("- ") for line in path.read_text().splitlines()]
    used = [line for line in used if line.startswith("uses:") and line != OWN_WORKFLOW]
    assert used
    assert [line for line in used if not PINNED.fullmatch(line)] == []


def test_one_action_is_pinned_to_one_commit_everywhere() -> None:
    texts = " ".join(path.read_text() for path in WORKFLOWS)
    pins = set(re.findall(r"uses: (\S+)@(\w{40})", texts))
    assert len(pins) == len({action for action, _ in pins})


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_has_no_secret_and_may_read_only(path: Path) -> None:
    assert "secrets." not in path.read_text()
    assert read(path)["permissions"] == {"contents": "read"}


def test_ci_runs_the_readmes_commands() -> None:
    assert "`make test` runs everything that CI runs" in (ROOT / "README.md").read_text()
    (job,) = read(GITHUB / "workflows" / "ci.yml")["jobs"].values()
    assert commands(job) == ["make test"]


def test_prod_is_deployed_after_dev_and_both_after_the_tests() -> None:
    jobs = read(GITHUB / "workflows" / "deploy.yml")["jobs"]
    assert jobs["dev"]["needs"] == "test"
    assert jobs["prod"]["needs"] == "dev"
    for environment in ("dev", "prod"):
        job = jobs[environment]
        assert job["environment"] == environment
        assert job["permissions"] == {"contents": "read", "id-token": "write"}
        assert commands(job)[0].startswith(f"make deploy ENV={environment}")
        (login,) = [step["with"] for step in job["steps"] if "configure-aws" in str(step)]
        assert login.keys() == {"aws-region", "role-to-assume"}
        assert all(value.startswith("${{ vars.") for value in login.values())


def test_a_run_that_waits_for_approval_does_not_block_dev() -> None:
    """GitHub keeps one run of a group waiting; a second replaces it."""
    workflow = read(GITHUB / "workflows" / "deploy.yml")
    assert "concurrency" not in workflow
    groups = [workflow["jobs"][name]["concurrency"] for name in ("dev", "prod")]
    assert groups == [
        {"group": "deploy-dev", "cancel-in-progress": False},
        {"group": "deploy-prod", "cancel-in-progress": False},
    ]


def test_each_push_to_main_is_tested() -> None:
    """So no later push may take its place in a group."""
    concurrency = read(GITHUB / "workflows" / "ci.yml")["concurrency"]
    assert concurrency["group"].endswith(
        "${{ github.event_name == 'pull_request' && github.ref || github.sha }}"
    )
    assert concurrency["cancel-in-progress"] == "${{ github.event_name == 'pull_request' }}"


def test_every_folder_with_a_lock_is_updated() -> None:
    updates = read(GITHUB / "dependabot.yml")["updates"]
    assert {(update["package-ecosystem"], update["directory"]) for update in updates} == {
        ("uv", "/"),
        ("github-actions", "/"),
        ("npm", "/local/node"),
        ("npm", "/tests/simulator"),
    }
    assert (ROOT / "uv.lock").is_file()
    for folder in ("local/node", "tests/simulator"):
        assert (ROOT / folder / "package-lock.json").is_file()


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_an_issue_form_asks_for_no_secret_and_no_personal_data(path: Path) -> None:
    form = read(path)
    assert form.keys() == {"name", "description", "labels", "body"}
    ids = [part["id"] for part in form["body"] if part["type"] != "markdown"]
    assert len(ids) == len(set(ids))
    warning, *_, promise = form["body"]
    assert "Anybody can read an issue" in warning["attributes"]["value"]
    assert promise["attributes"]["options"][0]["required"] is True
