"""What `make lint` and `make checkov` check the template with sees what it is for."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from local.paths import ROOT, SAM
from tests.support.stack import HANDLERS, load_template

CFN_LINT = Path(sys.executable).parent / "cfn-lint"
QUEUE = """
AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Queue:
    Type: AWS::SQS::Queue
"""


@pytest.mark.full  # as `make checkov`, whose input it is
def test_the_template_is_checked_as_cloudformation_gets_it() -> None:
    done = subprocess.run(
        [SAM.parent / "python", "-m", "local.cloud.transformed_template", "template.yaml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    document = json.loads(done.stdout)
    kinds = {name: resource["Type"] for name, resource in document["Resources"].items()}
    assert not [kind for kind in kinds.values() if kind.startswith("AWS::Serverless")]
    assert {kinds[name] for name in HANDLERS} == {"AWS::Lambda::Function"}
    for name, resource in load_template()["Resources"].items():
        if not resource["Type"].startswith("AWS::Serverless"):
            assert kinds[name] == resource["Type"]


@pytest.mark.full
def test_cfn_lint_has_the_rules_for_serverless_applications(tmp_path: Path) -> None:
    template = tmp_path / "template.yaml"
    template.write_text(QUEUE)
    done = subprocess.run(
        [CFN_LINT, "--config-file", ROOT / ".cfn-lint.yaml", "--", template],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "ES6000" in done.stdout
