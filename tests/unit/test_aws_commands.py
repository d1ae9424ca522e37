"""Each `aws` command of the docs is one that the AWS CLI understands."""

import pytest

from tests.support.aws_commands import DOCUMENTS, aws_lines, parsed, shell_lines
from tests.support.stack import ROOT


@pytest.mark.parametrize("line", aws_lines())
def test_a_command_of_the_docs_is_one_of_the_cli(line: str) -> None:
    parsed(line)


def test_the_docs_have_such_commands() -> None:
    services = {parsed(line).service for line in aws_lines()}
    assert services >= {"secretsmanager", "apigatewayv2", "iam"}
    assert ROOT / "docs" / "deploy.md" in DOCUMENTS


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("aws dynamodb restore-table --source-table-name a", "no operation restore-table"),
        ("aws dynamodb describe-table --name a", "no option --name"),
        ("aws dynamodb describe-table", "Missing required parameter"),
        ("aws dynamodb wait table-ready --table-name a", "no waiter table_ready"),
        (
            "aws dynamodb update-table --table-name a --stream-specification Enabled=true",
            "has no Enabled",
        ),
        ("aws logs put-retention-policy --log-group-name a --retention-in-days x", "invalid"),
    ],
)
def test_a_command_that_is_none_is_refused(line: str, error: str) -> None:
    with pytest.raises(ValueError, match=error):
        parsed(line)


def test_lists_structures_and_flags_are_read_as_the_cli_does() -> None:
    call = parsed(
        "aws dynamodb update-table --table-name orders --no-deletion-protection-enabled"
        " --stream-specification StreamEnabled=true,StreamViewType=NEW_IMAGE --output text"
    )
    assert call.arguments == {
        "TableName": "orders",
        "DeletionProtectionEnabled": False,
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    }
    tags = parsed(
        "aws dynamodb tag-resource --resource-arn arn:aws:x --tags Key=a,Value=b"
    ).arguments
    assert tags["Tags"] == [{"Key": "a", "Value": "b"}]
    assert shell_lines(ROOT / "README.md")
