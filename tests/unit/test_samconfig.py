"""The environments that samconfig.toml deploys, and the parameters it gives for each."""

import re
import tomllib

import pytest

from checkout.settings import Settings
from local.cloud.deploy import STACK_NAME
from tests.support.documents import Json
from tests.support.stack import ENVIRONMENT, ROOT, load_template

PARAMETERS: Json = load_template()["Parameters"]
SAMCONFIG = tomllib.loads((ROOT / "samconfig.toml").read_text())
ENVIRONMENTS = ("local", "dev", "prod")


def overrides(environment: str) -> dict[str, str]:
    listed = SAMCONFIG[environment]["deploy"]["parameters"]["parameter_overrides"]
    return dict(entry.split("=", 1) for entry in listed)


def test_there_is_a_section_for_each_environment() -> None:
    assert SAMCONFIG.keys() - {"version", "default"} == set(ENVIRONMENTS)
    assert PARAMETERS["Environment"]["AllowedValues"] == list(ENVIRONMENTS)
    assert SAMCONFIG["default"]["validate"]["parameters"] == {"lint": True}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_is_a_stack_of_its_own(environment: str) -> None:
    parameters = SAMCONFIG[environment]["deploy"]["parameters"]
    assert parameters["stack_name"] == f"checkout-{environment}"
    assert parameters["capabilities"] == ["CAPABILITY_IAM"]
    assert parameters["resolve_s3"] is True
    assert overrides(environment)["Environment"] == environment
    assert STACK_NAME == "checkout-local"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_functions_accept_every_environment(environment: str) -> None:
    assert overrides(environment).keys() <= PARAMETERS.keys()
    defaults = {name: str(each.get("Default")) for name, each in PARAMETERS.items()}
    values = defaults | overrides(environment)
    for name, value in values.items():
        allowed = PARAMETERS[name].get("AllowedValues", [value])
        assert value in map(str, allowed)
        # No list of more than one: the pattern applies to each item.
        assert re.fullmatch(PARAMETERS[name].get("AllowedPattern", ".*"), value)
    settings = Settings.from_environment(
        ENVIRONMENT
        | {
            "ENVIRONMENT": values["Environment"],
            "ALLOWED_ORIGINS": values["AllowedOrigins"],
            "DEFAULT_SUCCESS_URL": values["DefaultSuccessUrl"],
            "DEFAULT_CANCEL_URL": values["DefaultCancelUrl"],
            "STRIPE_MODE": values["StripeMode"],
            "STRIPE_API_BASE": values["StripeApiBase"],
        }
    )
    assert settings.livemode is (environment == "prod")
    assert settings.stripe_api_base is None


def test_prod_is_changed_only_after_a_look() -> None:
    assert SAMCONFIG["prod"]["deploy"]["parameters"]["confirm_changeset"] is True
