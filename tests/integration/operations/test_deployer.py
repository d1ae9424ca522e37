"""`sam deploy` by a user who has only the docs' deployer policy.

The local AWS checks the calls of `sam deploy` itself, and not what CloudFormation does for it: that
is in tests/unit/test_deployer_policy.py.
"""

import os
import secrets
import subprocess
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from local.cloud.aws import ACCESS_KEY, REGION, SECRET_KEY, LocalAws
from local.cloud.deploy import API_ID_TAGS, STACK_NAME, sam_deploy
from local.paths import ROOT, SAM
from tests.integration.world import World

SAMCONFIG = ROOT / "samconfig.toml"
DESCRIPTION = "Asks Stripe for a Checkout Session and records the order"


def administrator() -> boto3.Session:
    return boto3.Session(ACCESS_KEY, SECRET_KEY, region_name=REGION)


def deployer(aws: LocalAws) -> boto3.Session:
    """Create a user with the policy; return the user's session."""
    policy = (ROOT / "docs" / "deployer-policy.json").read_text()
    iam = administrator().client("iam", endpoint_url=aws.endpoint_url)
    name = f"deployer-{secrets.token_hex(4)}"
    iam.create_user(UserName=name)
    document = policy.replace("checkout-prod", STACK_NAME)
    arn = iam.create_policy(PolicyName=name, PolicyDocument=document)["Policy"]["Arn"]
    iam.attach_user_policy(UserName=name, PolicyArn=arn)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name=REGION)


def let_http_upload(aws: LocalAws) -> None:
    """Take away SAM's policy of its bucket, which wants TLS: the local AWS has none."""
    s3 = administrator().client("s3", endpoint_url=aws.endpoint_url)
    for bucket in s3.list_buckets()["Buckets"]:
        s3.delete_bucket_policy(Bucket=bucket["Name"])


@pytest.mark.full  # two deploys
def test_the_deployer_deploys_and_reads_no_data(world: World, tmp_path: Path) -> None:
    aws = world.stack.aws
    session = deployer(aws)
    dynamodb = session.client("dynamodb", endpoint_url=aws.endpoint_url)
    with pytest.raises(ClientError, match="AccessDenied"):
        dynamodb.scan(TableName=world.stack.facts.orders_table)
    secretsmanager = session.client("secretsmanager", endpoint_url=aws.endpoint_url)
    with pytest.raises(ClientError, match="AccessDenied"):
        secretsmanager.get_secret_value(SecretId=world.stack.secret_id)
    let_http_upload(aws)
    template = (world.stack.run / "template.yaml").read_text()
    changed = tmp_path / "template.yaml"
    changed.write_text(template.replace(DESCRIPTION, "Deployed by the deployer"))
    assert changed.read_text() != template
    credentials = session.get_credentials()
    assert credentials is not None
    environment = aws.environment() | {
        "AWS_ACCESS_KEY_ID": credentials.access_key,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
        "SAM_CLI_TELEMETRY": "0",
        "SAM_CLI_POLL_DELAY": "0.2",
        "PATH": os.environ["PATH"],
    }
    arguments = ("--template-file", changed, "--config-file", SAMCONFIG, "--config-env", "local")
    done = subprocess.run(
        [SAM, "deploy", *arguments, *API_ID_TAGS],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"Successfully created/updated stack - {STACK_NAME}" in done.stdout
    finally:
        sam_deploy(world.stack.run / "template.yaml", SAMCONFIG, aws, lambda _: None, *API_ID_TAGS)
