"""Authentication by key, and the check of the Host header."""

import base64

import httpx
import pytest
import stripe

from stripe_simulator.testing import SECRET_KEY, Running, fast, running


def listed(simulator: Running, **headers: str) -> httpx.Response:
    return simulator.request("GET", "/v1/products", headers=headers)


def basic(user: str, password: str = "") -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize(
    "authorization",
    [f"Bearer {SECRET_KEY}", f"bearer {SECRET_KEY}", basic(SECRET_KEY), basic(SECRET_KEY, "any")],
)
def test_key_lets_in(simulator: Running, authorization: str) -> None:
    assert listed(simulator, Authorization=authorization).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": basic("")},
        {"Authorization": "Basic !!!"},
        {"Authorization": f"Digest {SECRET_KEY}"},
        {"Authorization": SECRET_KEY},
    ],
)
def test_missing_key_is_refused(simulator: Running, headers: dict[str, str]) -> None:
    response = listed(simulator, **headers)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Basic realm="Stripe"'
    error = response.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert error["message"].startswith("You did not provide an API key.")


@pytest.mark.parametrize(
    ("key", "masked"),
    [
        ("sk_test_51Hxxxxxxxxxxxxxxxxx1234", "sk_test_********************1234"),
        ("sk_live_abcdefghijkl", "sk_live_********ijkl"),
        ("sk_test_short", "sk_test_*****"),
        ("wrong", "*****"),
    ],
)
def test_wrong_key_is_refused_and_masked(simulator: Running, key: str, masked: str) -> None:
    response = listed(simulator, Authorization=f"Bearer {key}")
    assert response.status_code == 401
    error = response.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert error["message"] == f"Invalid API Key provided: {masked}"
    assert key not in response.text


def test_sdk_raises_its_authentication_error(simulator: Running) -> None:
    client = stripe.StripeClient("sk_test_wrong", base_addresses={"api": simulator.url})
    with pytest.raises(stripe.AuthenticationError) as caught:
        client.v1.products.list()
    assert caught.value.http_status == 401


def test_each_of_several_keys_lets_in() -> None:
    with running(fast(secret_keys=("sk_test_one", "rk_test_two"))) as simulator:
        for key in ("sk_test_one", "rk_test_two"):
            assert listed(simulator, Authorization=f"Bearer {key}").status_code == 200


def test_refused_caller_changes_nothing(simulator: Running) -> None:
    response = simulator.post("/v1/products", "name=Mug", Authorization="Bearer sk_test_wrong")
    assert response.status_code == 401
    assert simulator.get("/v1/products")["data"] == []


def test_unknown_address_is_not_revealed_to_strangers(simulator: Running) -> None:
    assert simulator.request("GET", "/v1/nothing").status_code == 401


def test_unknown_address_is_stripes_404(simulator: Running) -> None:
    response = simulator.get("/v1/nothing")
    message = response["error"]["message"]
    assert message.startswith("Unrecognized request URL (GET: /v1/nothing).")


@pytest.mark.parametrize("path", ["/v1/products", "/_simulator/behaviour", "/c/pay/cs_test_1"])
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1"])
def test_another_name_is_refused(simulator: Running, path: str, host: str) -> None:
    headers = {"Host": host, "Authorization": f"Bearer {SECRET_KEY}"}
    response = simulator.request("GET", path, headers=headers)
    assert response.status_code == 403
    assert response.text == "The simulator accepts loopback requests only.\n"


@pytest.mark.parametrize("host", ["localhost:1", "127.0.0.1", "stripe.localhost:80", "[::1]:1"])
def test_names_of_this_machine_are_welcome(simulator: Running, host: str) -> None:
    headers = {"Host": host, "Authorization": f"Bearer {SECRET_KEY}"}
    assert simulator.request("GET", "/v1/products", headers=headers).status_code == 200
