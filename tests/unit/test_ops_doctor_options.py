"""The options that are deployed: valid, the file's, and of objects that Stripe has."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.stub import Stubber

from ops.doctor import Examination, options
from ops.secret import StripeSecret
from tests.support.examining import examination, only
from tests.support.fake_stripe import FakeStripe
from tests.support.operating import in_aws

NAMED = {
    "payment_method_configuration": "pmc_1",
    "shipping_options": [{"shipping_rate": "shr_1"}, {"shipping_rate_data": {"display_name": "X"}}],
    "optional_items": [{"price": "price_1", "quantity": 1}],
    "discounts": [{"coupon": "WINTER"}],
}
CALLS = [
    ("get", "/v1/payment_method_configurations/pmc_1"),
    ("get", "/v1/shipping_rates/shr_1"),
    ("get", "/v1/prices/price_1"),
    ("get", "/v1/coupons/WINTER"),
]

type Deploy = Callable[[object], Examination]


def archive(content: object) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as files:
        if content is not None:
            files.writestr("options/dev.json", json.dumps(content))
    return packed.getvalue()


@pytest.fixture
def local_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(options, "FOLDER", tmp_path)
    return tmp_path / "dev.json"


@pytest.fixture
def deploy(boto3_session: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deploy]:
    """Yield an examination of a stack whose function has some options, or other code."""
    client = boto3.client("lambda")

    def deployed(content: object) -> Examination:
        code = content if isinstance(content, bytes) else archive(content)
        stub.add_response(
            "get_function",
            {"Code": {"Location": "https://code.example/1"}},
            {"FunctionName": "checkout-test-CreateSessionFunction"},
        )
        request = httpx.Request("GET", "https://code.example/1")
        response = httpx.Response(200 if code else 403, content=code, request=request)
        monkeypatch.setattr(httpx, "get", lambda *_, **__: response)
        made = examination(
            in_aws(functions=client), parameters={"Environment": "dev", "StripeMode": "test"}
        )
        vars(made)["secret"] = StripeSecret("rk_test_51AbC", ())
        return made

    with Stubber(client) as stub:
        yield deployed


def test_options_that_are_the_files_are_well(deploy: Deploy, local_file: Path) -> None:
    local_file.write_text(json.dumps(NAMED, indent=4))
    result = only(deploy(NAMED), "options")
    assert result.ok
    assert result.detail == ", ".join(NAMED)
    local_file.write_text("{}")
    assert only(deploy({}), "options").detail == "none"


def test_a_wrong_file_is_named_with_its_line(deploy: Deploy, local_file: Path) -> None:
    local_file.write_text('{\n"mode": "setup"}')
    result = only(deploy({}), "options")
    assert f"{local_file}:2: mode:" in result.detail


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        ({"locale": "it"}, "The function has other options than dev.json."),
        (None, "The function has no options file."),
        (b"", "The function's code can't be fetched."),
        (b"no archive", "The function's code can't be fetched."),
    ],
)
def test_what_is_deployed_is_compared_with_the_file(
    deploy: Deploy, local_file: Path, content: object, detail: str
) -> None:
    local_file.write_text('{"locale": "de"}')
    result = only(deploy(content), "options")
    assert (result.ok, result.detail) == (False, detail)


def test_what_the_options_name_is_looked_up_at_stripe(
    deploy: Deploy, fake_stripe: FakeStripe
) -> None:
    for _ in CALLS:
        fake_stripe.respond({"id": "x", "object": "x"})
    result = only(deploy(NAMED), "options at Stripe")
    assert (result.ok, result.detail) == (True, "pmc_1, shr_1, price_1, WINTER")
    assert fake_stripe.calls == CALLS


def test_what_stripe_lacks_is_named(deploy: Deploy, fake_stripe: FakeStripe) -> None:
    error: dict[str, Any] = {"type": "invalid_request_error", "code": "resource_missing"}
    fake_stripe.respond_with_error(404, **error)
    result = only(deploy({"shipping_options": [{"shipping_rate": "shr_1"}]}), "options at Stripe")
    assert result.detail == "Stripe has no shipping rate shr_1: it refuses every checkout."
    assert not result.ok


def test_what_the_key_may_not_read_is_not_checked(deploy: Deploy, fake_stripe: FakeStripe) -> None:
    fake_stripe.respond_with_error(403, type="invalid_request_error")
    result = only(deploy({"discounts": [{"promotion_code": "promo_1"}]}), "options at Stripe")
    assert (result.ok, result.detail) == (True, "nothing to check that the key may read")
