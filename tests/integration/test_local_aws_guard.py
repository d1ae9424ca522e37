"""Requests of web pages to the local AWS that are refused, and those that must work.

A page sends its Origin with all but plain GETs, Sec-Fetch-Site with everything, and can put any
Host before 127.0.0.1 by DNS rebinding: https://fetch.spec.whatwg.org/#http-requests
"""

import json
import re
from typing import Any

import httpx
import pytest

from local.cloud.invocations import physical_name
from local.machine.ports import NO_TLS
from local.shop.frontend import DEFAULT_ORIGIN
from tests.integration.world import TIMEOUT_SECONDS, World, lookup_item

EVIL = "https://evil.example"
# Root's, which are public: MiniStack compares no signature with them.
AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{}/aws4_request, "
    "SignedHeaders=host, Signature=00"
)


def send(world: World, method: str, path: str, **more: Any) -> httpx.Response:  # noqa: ANN401
    url = world.stack.facts.aws_endpoint_url + path
    return httpx.request(method, url, timeout=TIMEOUT_SECONDS, verify=NO_TLS, **more)


def read_secret(world: World, **headers: str) -> httpx.Response:
    return send(
        world,
        "POST",
        "/",
        json={"SecretId": world.stack.secret_id},
        headers={
            "x-amz-target": "secretsmanager.GetSecretValue",
            "content-type": "application/x-amz-json-1.1",
            "authorization": AUTHORIZATION.format("secretsmanager"),
        }
        | headers,
    )


def create_function(world: World, name: str, **headers: str) -> httpx.Response:
    """As a page sends it without a preflight."""
    body = {"FunctionName": name, "Runtime": "python3.13", "Handler": "app.run", "Role": "r"}
    credential = "test%2F20260101%2Fus-east-1%2Flambda%2Faws4_request"
    return send(
        world,
        "POST",
        f"/2015-03-31/functions?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={credential}",
        content=json.dumps(body | {"Code": {"ZipFile": ""}}),
        headers={"content-type": "text/plain"} | headers,
    )


def assert_refused(response: httpx.Response) -> None:
    assert response.status_code == 403, response.text
    assert_no_cors(response)
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.text.count("\n") == 1


def assert_no_cors(response: httpx.Response) -> None:
    assert [name for name in response.headers if name.startswith("access-control-")] == []


# More of them, and of what follows: tests/unit/test_ministack_guard.py.
@pytest.mark.parametrize("host", ["evil.example:4566", ""])
def test_a_host_that_is_not_loopback_is_refused(world: World, host: str) -> None:
    assert_refused(read_secret(world, host=host))
    assert_refused(send(world, "GET", "/_ministack/health", headers={"host": host}))
    for url in (world.stack.facts.api_url, world.stack.facts.webhook_url):
        assert_refused(
            httpx.post(url, headers={"host": host}, timeout=TIMEOUT_SECONDS, verify=NO_TLS)
        )


@pytest.mark.parametrize("origin", ["null", DEFAULT_ORIGIN])
def test_no_origin_reaches_an_aws_service(world: World, origin: str) -> None:
    assert_refused(read_secret(world, origin=origin))
    assert_refused(create_function(world, "planted", origin=origin))
    listed = world.stack.aws.functions.list_functions()["Functions"]
    assert "planted" not in [function["FunctionName"] for function in listed]
    function = physical_name(world.stack.aws, "StripeWebhookFunction")
    invocations = f"/2015-03-31/functions/{function}/invocations"
    assert_refused(send(world, "POST", invocations, content="{}", headers={"origin": origin}))
    assert_refused(send(world, "POST", "/_ministack/reset", headers={"origin": origin}))


@pytest.mark.parametrize("path", ["/", "/2015-03-31/functions"])
def test_no_preflight_opens_an_aws_service(world: World, path: str) -> None:
    headers = {"origin": EVIL, "access-control-request-method": "POST"}
    assert_refused(send(world, "OPTIONS", path, headers=headers))


@pytest.mark.parametrize("site", ["cross-site"])
@pytest.mark.parametrize(
    "path",
    [
        "/?Action=DeleteStack&StackName=checkout-local",
        # Paths that MiniStack does not take for an API's.
        "/_aws/execute-api/12345678?Action=ListQueues",
        "/_aws/execute-api//?Action=ListQueues",
    ],
)
def test_no_image_or_link_of_a_page_reaches_an_aws_service(
    world: World, site: str, path: str
) -> None:
    assert_refused(send(world, "GET", path, headers={"sec-fetch-site": site}))


@pytest.mark.parametrize("header", ["origin", "sec-fetch-site"])
def test_no_page_reaches_the_function_url(world: World, header: str) -> None:
    value = {"origin": DEFAULT_ORIGIN, "sec-fetch-site": "cross-site"}[header]
    url = world.stack.facts.webhook_url
    assert_refused(httpx.post(url, headers={header: value}, timeout=TIMEOUT_SECONDS, verify=NO_TLS))


@pytest.mark.parametrize("origin", ["null", "http://localhost:3000.evil.example"])
def test_the_api_refuses_another_origin(world: World, origin: str) -> None:
    before = world.number_of_orders()
    url = f"{world.stack.facts.api_url}/checkout/sessions"
    sent = {"origin": origin, "content-type": "text/plain"}
    body = json.dumps({"items": [lookup_item()]})
    assert_refused(
        httpx.post(url, content=body, headers=sent, timeout=TIMEOUT_SECONDS, verify=NO_TLS)
    )
    preflight = {"origin": origin, "access-control-request-method": "POST"}
    assert_refused(httpx.options(url, headers=preflight))
    assert world.number_of_orders() == before


@pytest.mark.parametrize("host", ["", "{api}.execute-api.localhost"])
def test_the_api_serves_its_frontend_with_its_own_cors_alone(world: World, host: str) -> None:
    api_url = world.stack.facts.api_url
    api = api_url.rpartition("/")[2]
    address = world.stack.facts.aws_endpoint_url if host else api_url
    named = {"host": host.format(api=api)} if host else {}
    page = named | {"origin": DEFAULT_ORIGIN, "sec-fetch-site": "same-site"}
    response = httpx.post(
        f"{address}/checkout/sessions",
        json={"items": [lookup_item()]},
        headers=page,
        timeout=TIMEOUT_SECONDS,
        verify=NO_TLS,
    )
    assert response.status_code == 201, response.text
    assert response.headers.get_list("access-control-allow-origin") == [DEFAULT_ORIGIN]
    assert response.headers["access-control-expose-headers"] == "retry-after"
    asked = page | {"access-control-request-method": "POST"}
    preflight = httpx.options(f"{address}/checkout/sessions", headers=asked)
    assert preflight.headers.get_list("access-control-allow-origin") == [DEFAULT_ORIGIN]
    assert preflight.headers["access-control-allow-methods"] == "GET,POST"


@pytest.mark.parametrize("host", ["[::1]:4566", "sqs.localhost:4566"])
def test_aws_clients_on_this_machine_get_through_without_cors(world: World, host: str) -> None:
    response = read_secret(world, host=host)
    assert response.status_code == 200, response.text
    assert "whsec_" in response.text
    assert_no_cors(response)
    typed = send(world, "GET", "/_ministack/health", headers={"sec-fetch-site": "none"})
    assert typed.status_code == 200
    assert_no_cors(typed)


def test_the_function_url_responds_under_its_own_name(world: World) -> None:
    found = re.search(r"lambda-url/(\w+)", world.stack.facts.webhook_url)
    assert found is not None
    host = f"{found[1]}.lambda-url.us-east-1.localhost"
    response = send(world, "POST", "/", headers={"host": host})
    assert response.status_code == 400
    assert response.json()["type"] == "urn:problem-type:checkout:not-authentic"
