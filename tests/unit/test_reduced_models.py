"""The layer's models of AWS: botocore's own, with the operations that are called and no other."""

import gzip
import importlib.util
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import botocore
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.config import Config
from botocore.session import Session

from checkout.aws import clients
from tests.support.documents import Json
from tests.support.stack import LAYER, QUEUE_URL, TOPIC_ARN, load_template

ORIGINAL = Path(botocore.__file__).parent / "data"


def script() -> Any:  # noqa: ANN401
    spec = importlib.util.spec_from_file_location("reduce_models", LAYER / "reduce_models.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


OPERATIONS: dict[str, tuple[str, ...]] = script().OPERATIONS


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a layer with the models of botocore's that are called, and another."""
    folder = tmp_path_factory.mktemp("site")
    for service in (*OPERATIONS, "sts"):
        shutil.copytree(ORIGINAL / service, folder / "botocore" / "data" / service)
    shutil.copy(ORIGINAL / "endpoints.json", folder / "botocore" / "data")
    for service in ("ec2", "sqs"):
        (folder / "boto3" / "data" / service).mkdir(parents=True)
    script().main(folder)
    return folder


@pytest.fixture(scope="module")
def models(site: Path) -> Path:
    return site / "checkout" / "aws" / "models"


def original(service: str, name: str) -> Json:
    (path,) = sorted((ORIGINAL / service).glob(f"*/{name}.json.gz"))[-1:]
    document: Json = json.loads(gzip.decompress(path.read_bytes()))
    return document


def reduced(models: Path, service: str, name: str) -> Json:
    (path,) = (models / service).glob(f"*/{name}.json")
    document: Json = json.loads(path.read_text())
    return document


def without_documentation(part: Any) -> Any:  # noqa: ANN401
    match part:
        case dict():
            kept = ((name, value) for name, value in part.items())
            return {
                name: without_documentation(value)
                for name, value in kept
                if not (name == "documentation" and isinstance(value, str))
            }
        case list():
            return [without_documentation(one) for one in part]
        case _:
            return part


def referred(part: Any) -> Iterator[str]:  # noqa: ANN401
    """Yield the shapes that a part names."""
    match part:
        case {"shape": str(name)}:
            yield name
    values = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    for value in values:
        yield from referred(value)


@pytest.mark.parametrize("service", OPERATIONS)
def test_a_model_is_the_originals_but_for_what_it_leaves_out(models: Path, service: str) -> None:
    ours, theirs = reduced(models, service, "service-2"), original(service, "service-2")
    assert ours["metadata"] == theirs["metadata"]
    assert set(ours["operations"]) == set(OPERATIONS[service])
    for part in ("operations", "shapes"):
        for name, described in ours[part].items():
            assert described == without_documentation(theirs[part][name]), name
    assert set(theirs) - set(ours) <= {"documentation"}


@pytest.mark.parametrize("service", OPERATIONS)
def test_a_model_has_the_shapes_that_it_reaches_and_no_other(models: Path, service: str) -> None:
    model = reduced(models, service, "service-2")
    named = set(referred(model["operations"])) | set(referred(model["shapes"]))
    assert named == set(model["shapes"])
    assert len(model["shapes"]) < len(original(service, "service-2")["shapes"])


@pytest.mark.parametrize("service", OPERATIONS)
def test_the_rules_of_the_endpoints_are_the_originals(models: Path, service: str) -> None:
    name = "endpoint-rule-set-1"
    assert reduced(models, service, name) == original(service, name)


def test_the_operations_are_those_that_a_role_allows() -> None:
    """What runs needs a permission, so that no call is missing in the models."""
    allowed = set()
    for resource in load_template()["Resources"].values():
        if resource["Type"] == "AWS::IAM::Role":
            for policy in resource["Properties"].get("Policies", []):
                for statement in policy["PolicyDocument"]["Statement"]:
                    actions = statement["Action"]
                    allowed |= {actions} if isinstance(actions, str) else set(actions)
    called = {f"{service}:{name}" for service, names in OPERATIONS.items() for name in names}
    services = tuple(f"{service}:" for service in OPERATIONS)
    assert called == {action for action in allowed if action.startswith(services)} - OF_LAMBDA


# What Lambda itself does with a function's role: reading the stream, and sending what failed.
OF_LAMBDA = {
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
}


def test_botocore_describes_no_service_that_is_not_called(site: Path) -> None:
    described = {path.name for path in (site / "botocore" / "data").iterdir() if path.is_dir()}
    assert described == set(OPERATIONS)
    assert {path.name for path in (site / "boto3" / "data").iterdir()} == {"sqs"}


def test_the_endpoints_are_the_originals_of_these_services(models: Path) -> None:
    ours = json.loads((models.parent / "endpoints" / "endpoints.json").read_text())
    theirs = json.loads((ORIGINAL / "endpoints.json").read_text())
    for partition in theirs["partitions"]:
        services = partition["services"]
        partition["services"] = {name: services[name] for name in OPERATIONS}
    assert ours == theirs


class _Noted(Exception):
    """Nothing is sent."""


@dataclass
class Sent:
    """The URL of a request, and the scope that it is signed for."""

    url: str = ""
    scope: str = ""

    def note(self, request: AWSPreparedRequest, **_: object) -> NoReturn:
        self.url = request.url
        authorization = request.headers["Authorization"]
        signed = authorization if isinstance(authorization, str) else authorization.decode()
        # After the key and the date.
        self.scope = signed.partition("Credential=")[2].partition(",")[0].split("/", 2)[2]
        raise _Noted


CALLS: dict[str, Callable[[Any], object]] = {
    "dynamodb": lambda client: client.get_item(TableName="orders", Key={"order_id": {"S": "1"}}),
    "secretsmanager": lambda client: client.get_secret_value(SecretId="stripe"),
    "sns": lambda client: client.publish(TopicArn=TOPIC_ARN, Message="{}"),
    "sqs": lambda client: client.send_message(QueueUrl=QUEUE_URL, MessageBody="{}"),
}


def sent_by(session: Session, service: str, region: str) -> Sent:
    sent = Sent()
    config = Config(retries={"total_max_attempts": 1})
    client = session.create_client(service, region_name=region, config=config)
    client.meta.events.register("before-send", sent.note)
    with pytest.raises(_Noted):
        CALLS[service](client)
    return sent


@pytest.fixture
def of_the_layer(models: Path, environment: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Let the clients be made as in the layer, of a new session each time."""
    environment.setattr(clients, "MODELS", models)
    environment.setattr(clients, "ENDPOINTS", models.parent / "endpoints")
    environment.setattr(clients, "session", clients.session.__wrapped__)
    return environment


@pytest.mark.parametrize("variant", ["", "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"])
@pytest.mark.parametrize("region", ["us-east-1", "ap-east-2", "us-gov-west-1", "cn-north-1"])
def test_requests_go_where_they_go_with_the_whole_models(
    of_the_layer: pytest.MonkeyPatch, region: str, variant: str
) -> None:
    if variant:
        of_the_layer.setenv(variant, "true")
    ours, theirs = clients.session(), Session()
    for service in OPERATIONS:
        sent = sent_by(ours, service, region)
        assert sent == sent_by(theirs, service, region)
        assert region in sent.scope


@pytest.mark.usefixtures("of_the_layer")
def test_a_client_is_made_of_the_reduced_models() -> None:
    for service in ("dynamodb", "secretsmanager", "sns", "sqs"):
        made = clients.client(service)
        names = made.meta.service_model.operation_names
        assert set(names) == set(OPERATIONS[service])
        whole = Session().create_client(service)
        assert made.meta.endpoint_url == whole.meta.endpoint_url


def test_the_sources_have_no_models() -> None:
    """A clone uses botocore's own: models in the sources would be those of another version."""
    package = LAYER / "checkout" / "aws"
    assert (package / "models", package / "endpoints") == (clients.MODELS, clients.ENDPOINTS)
    assert not clients.MODELS.exists()
    assert not clients.ENDPOINTS.exists()
