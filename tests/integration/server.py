"""A shop's own server, which calls the trusted route with AWS credentials."""

import json
import secrets
from dataclasses import dataclass

import boto3
import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.cloud.aws import ACCESS_KEY, REGION, SECRET_KEY
from local.machine.ports import NO_TLS
from local.shop.customer import TIMEOUT_SECONDS
from tests.integration.checked_frontend import as_documented
from tests.integration.world import World
from tests.options_docs import POLICY
from tests.support.documents import Json

PATH = "/trusted/checkout/sessions"
ROOT_CREDENTIALS = Credentials(ACCESS_KEY, SECRET_KEY)


@dataclass(frozen=True)
class Server:
    world: World
    credentials: Credentials = ROOT_CREDENTIALS

    def request_checkout(self, body: Json, *, signed: bool = True) -> httpx.Response:
        url = f"{self.world.stack.facts.api_url}{PATH}"
        headers = {"content-type": "application/json"}
        request = AWSRequest("POST", url, data=json.dumps(body).encode(), headers=headers)
        if signed:
            SigV4Auth(self.credentials, "execute-api", REGION).add_auth(request)
        sent = dict(request.headers)
        return httpx.post(
            url, content=request.body, headers=sent, timeout=TIMEOUT_SECONDS, verify=NO_TLS
        )

    def checkout(self, **body: object) -> Json:
        """A new order's 201."""
        body = {"items": [self.world.one_mug]} | body
        response = as_documented("createTrustedCheckout", self.request_checkout(body))
        assert response.status_code == 201, response.text
        created: Json = response.json()
        return created


def user_with(world: World, resource: str | None) -> Credentials:
    """Make a user who may call `resource`, with the policy of docs/options.md; None: nothing."""
    session = boto3.Session(ACCESS_KEY, SECRET_KEY, region_name=REGION)
    iam = session.client("iam", endpoint_url=world.stack.facts.aws_endpoint_url)
    name = f"server-{secrets.token_hex(4)}"
    iam.create_user(UserName=name)
    if resource:
        [statement] = POLICY["Statement"]
        document = POLICY | {"Statement": [statement | {"Resource": resource}]}
        iam.put_user_policy(
            UserName=name, PolicyName="checkout", PolicyDocument=json.dumps(document)
        )
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return Credentials(key["AccessKeyId"], key["SecretAccessKey"])


def route_arn(world: World) -> str:
    """Return the ARN that the docs' policy names, of this stack's API."""
    [statement] = POLICY["Statement"]
    *_, documented = statement["Resource"].partition("/")
    account = "000000000000"
    api_id = world.stack.facts.api_url.rpartition("/")[2]
    return f"arn:aws:execute-api:{REGION}:{account}:{api_id}/{documented}"
