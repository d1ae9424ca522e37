"""How a new version takes over, and which alarms bring the old one back."""

import tomllib

import pytest

from tests.support.documents import Json
from tests.support.sam import of_type, transformed_resources
from tests.support.stack import HANDLERS, ROOT, load_template
from tests.unit.test_template_names import references

TEMPLATE = load_template()
PREFERENCES: list[str] = TEMPLATE["Parameters"]["Deployment"]["AllowedValues"]
CANARY = "Canary10Percent5Minutes"
# It runs once in 15 minutes: most canaries would see no run.
AT_ONCE = {"ReconcileFunction"}
SAMCONFIG = tomllib.loads((ROOT / "samconfig.toml").read_text())


def groups(resources: Json) -> dict[str, Json]:
    """Return each function's deployment group."""
    return {
        name.removesuffix("DeploymentGroup"): group
        for name, group in of_type(resources, "AWS::CodeDeploy::DeploymentGroup").items()
    }


def dependencies(resources: Json, name: str) -> set[str]:
    """Return all resources that must exist before this one is created."""
    found: set[str] = set()
    to_see = [name]
    while to_see:
        resource = resources[to_see.pop()]
        parts = [resource.get("Properties", {}), resource.get("UpdatePolicy", {})]
        new = {one for one in references(parts) if one in resources} - found
        found |= new
        to_see += new
    return found


def test_at_once_needs_no_code_deploy() -> None:
    """The local AWS has none."""
    assert TEMPLATE["Parameters"]["Deployment"]["Default"] == "AllAtOnce"
    resources = transformed_resources()
    kinds = {resource["Type"] for resource in resources.values()}
    assert [kind for kind in kinds if "CodeDeploy" in kind] == []
    assert [name for name, one in resources.items() if "UpdatePolicy" in one] == []
    assert resources == transformed_resources(Deployment="AllAtOnce")


@pytest.mark.parametrize("preference", sorted(set(PREFERENCES) - {"AllAtOnce"}))
def test_a_gradual_deployment_is_one_of_code_deploys(preference: str) -> None:
    """https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html"""
    resources = transformed_resources(Deployment=preference)
    made = groups(resources)
    assert made.keys() == HANDLERS.keys() - AT_ONCE
    for function, group in made.items():
        configured = ["CodeDeployDefault.Lambda${ConfigName}", {"ConfigName": preference}]
        assert group["DeploymentConfigName"] == {"Fn::Sub": configured}
        update = resources[f"{function}Aliaslive"]["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
        assert update["DeploymentGroupName"] == {"Ref": f"{function}DeploymentGroup"}
    assert "UpdatePolicy" not in resources["ReconcileFunctionAliaslive"]


def test_alarms_of_the_function_bring_the_old_version_back() -> None:
    for function, group in groups(transformed_resources(Deployment=CANARY)).items():
        assert group["AutoRollbackConfiguration"]["Enabled"] is True
        alarms = [alarm["Name"]["Ref"] for alarm in group["AlarmConfiguration"]["Alarms"]]
        assert f"{function.removesuffix('Function')}ErrorsAlarm" in alarms
        # An error that is a response raises nothing.
        assert {"InternalErrorsAlarm", "WebhooksFailedAlarm", "IteratorAgeAlarm"} & {*alarms}
        # A dead letter waits for the fix, which could then not be deployed.
        assert not {"UnprocessedEventsAlarm", "UnpublishedChangesAlarm"} & {*alarms}


def test_no_deployment_waits_for_itself() -> None:
    """An alarm of what refers to the alias, as the API does, would need the alias first."""
    resources = transformed_resources(Deployment=CANARY)
    circular = [name for name in resources if name in dependencies(resources, name)]
    assert circular == []
    group = resources["CreateSessionFunctionDeploymentGroup"]["Properties"]
    group["AlarmConfiguration"]["Alarms"].append({"Name": {"Ref": "Api5xxAlarm"}})
    assert "HttpApi" in dependencies(resources, "HttpApi"), "a circle would be found"


@pytest.mark.parametrize(("environment", "preference"), [("dev", "AllAtOnce"), ("prod", CANARY)])
def test_prod_is_deployed_gradually(environment: str, preference: str) -> None:
    overrides = SAMCONFIG[environment]["deploy"]["parameters"]["parameter_overrides"]
    assert f"Deployment={preference}" in overrides


def test_each_preference_is_in_the_mapping() -> None:
    mapping = TEMPLATE["Mappings"]["Deployments"]
    gradual = {name: values["Gradual"] for name, values in mapping.items()}
    assert gradual == {name: name != "AllAtOnce" for name in PREFERENCES}
