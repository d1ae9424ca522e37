from dataclasses import asdict

import pytest

from checkout.errors import Misconfigured
from checkout.settings import Settings, origin
from tests.support.stack import ENVIRONMENT, SECRET_NAME, STACK, TABLE

OPTIONAL = {
    "ALLOW_FREE_ORDERS",
    "ENVIRONMENT",
    "POWERTOOLS_METRICS_NAMESPACE",
    "POWERTOOLS_SERVICE_NAME",
    "SELLABLE_PRICES",
    "STRIPE_API_BASE",
}


def with_variables(**changes: str) -> Settings:
    return Settings.from_environment(ENVIRONMENT | changes)


def test_reads_what_the_template_gives() -> None:
    assert asdict(Settings.from_environment(ENVIRONMENT)) == {
        "orders_table": TABLE,
        "stripe_secret_arn": SECRET_NAME,
        "stack": STACK,
        "mode": "test",
        "allowed_origins": {"https://shop.example", "http://localhost:3000"},
        "default_success_url": "https://shop.example/thanks",
        "default_cancel_url": "https://shop.example/cart",
        "stripe_api_base": None,
        "only_marked_prices": True,
        "allow_free_orders": False,
    }


def test_reads_the_processes_own_environment(environment: pytest.MonkeyPatch) -> None:
    assert Settings.from_environment() == Settings.from_environment(ENVIRONMENT)


def test_the_mode_shows_real_money() -> None:
    assert with_variables(STRIPE_MODE="live").livemode is True
    assert with_variables(STRIPE_MODE="test").livemode is False


@pytest.mark.parametrize("name", sorted(ENVIRONMENT.keys() - OPTIONAL))
def test_names_the_variable_that_is_missing_or_blank(name: str) -> None:
    lacking = {other: value for other, value in ENVIRONMENT.items() if other != name}
    for environment in (lacking, lacking | {name: ""}, lacking | {name: " "}):
        with pytest.raises(Misconfigured, match=rf"\b{name}\b") as raised:
            Settings.from_environment(environment)
        assert "\n" not in raised.value.detail


@pytest.mark.parametrize("mode", ["Test", "production", "test,live"])
def test_refuses_an_unknown_mode(mode: str) -> None:
    with pytest.raises(Misconfigured, match="STRIPE_MODE must be test or live"):
        with_variables(STRIPE_MODE=mode)


@pytest.mark.parametrize(
    "base",
    ["http://localhost", "http://localhost:8080", "http://127.0.0.1:1", "http://[::1]:12111"],
)
def test_a_simulator_may_listen_on_a_loopback_address(base: str) -> None:
    assert with_variables(STRIPE_API_BASE=base).stripe_api_base == base


@pytest.mark.parametrize(
    "base",
    [
        "https://api.stripe.com",
        "https://localhost:8080",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://localhost:8080@evil.example",
        "http://localhost:8080/v1",
        "http://10.0.0.1",
        "localhost:8080",
    ],
)
def test_the_key_goes_to_stripe_or_a_loopback_address_only(base: str) -> None:
    with pytest.raises(Misconfigured, match="STRIPE_API_BASE must be empty or a loopback"):
        with_variables(STRIPE_API_BASE=base)


@pytest.mark.parametrize("environment", ["dev", "prod", "", "Local"])
def test_a_deployed_stack_calls_stripe_itself(environment: str) -> None:
    with pytest.raises(Misconfigured, match="must be empty unless ENVIRONMENT is local"):
        with_variables(STRIPE_API_BASE="http://localhost:8080", ENVIRONMENT=environment)
    assert with_variables(ENVIRONMENT=environment).stripe_api_base is None


@pytest.mark.parametrize("name", ["DEFAULT_SUCCESS_URL", "DEFAULT_CANCEL_URL"])
def test_names_the_default_url_that_leads_elsewhere(name: str) -> None:
    with pytest.raises(Misconfigured, match=f"{name} is not on one of the ALLOWED_ORIGINS"):
        with_variables(**{name: "https://evil.example/thanks"})


@pytest.mark.parametrize("url", ["thanks", "/thanks", "https://[::1", "https://shop.example:port"])
@pytest.mark.parametrize("name", ["DEFAULT_SUCCESS_URL", "DEFAULT_CANCEL_URL"])
def test_names_the_default_url_that_is_no_url(name: str, url: str) -> None:
    with pytest.raises(Misconfigured, match=f"{name} must be a URL"):
        with_variables(**{name: url})


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://shop.example/a?b#c", "https://shop.example"),
        ("https://shop.example:443", "https://shop.example"),
        ("http://shop.example:80", "http://shop.example"),
        ("http://shop.example:443", "http://shop.example:443"),
        ("HTTPS://SHOP.Example:8443", "https://shop.example:8443"),
        ("http://[::1]:3000/cart", "http://[::1]:3000"),
    ],
)
def test_writes_an_origin_as_browsers_do(url: str, expected: str) -> None:
    assert origin(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop.example",
        "//shop.example",
        "https:///a",
        "https:shop.example",
        "data:text/html,a",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://shop.example:99999",
        "https://[::1",
    ],
)
def test_what_is_no_absolute_http_url_has_no_origin(url: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        origin(url)
