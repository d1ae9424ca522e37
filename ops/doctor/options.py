"""Checks of the options of a checkout that are deployed (docs/options.md)."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx
import stripe

from checkout.stripe.errors import MISSING
from ops.doctor.examination import Examination, Failed
from ops.functions import CREATE_SESSION
from ops.option_files import FOLDER, problems
from ops.stripe_keys import SETUP_KEY
from ops.tls import trusted

TIMEOUT_SECONDS = 20.0
RETRIEVE: Mapping[str, Callable[[stripe.StripeClient, str], object]] = {
    "payment method configuration": lambda client, id_: (
        client.v1.payment_method_configurations.retrieve(id_)
    ),
    "shipping rate": lambda client, id_: client.v1.shipping_rates.retrieve(id_),
    "price": lambda client, id_: client.v1.prices.retrieve(id_),
    "coupon": lambda client, id_: client.v1.coupons.retrieve(id_),
    "promotion code": lambda client, id_: client.v1.promotion_codes.retrieve(id_),
}


def deployed(examination: Examination) -> str:
    """Check that the options file is valid and is the deployed one."""
    environment = examination.stack.parameter("Environment")
    file = FOLDER / f"{environment}.json"
    wrong = next(problems(file), None)
    if wrong is not None:
        raise Failed(str(wrong), f"Fix the file. {examination.deploy}")
    options = json.loads(file.read_bytes())
    if _of_function(examination, environment) != options:
        raise Failed(
            f"The function has other options than {file.name}.",
            f"Compare the file with what is in use. {examination.deploy}",
        )
    return ", ".join(options) or "none"


def at_stripe(examination: Examination) -> str:
    """Check that the objects in the options exist, and name those that no key may read."""
    options = _of_function(examination, examination.stack.parameter("Environment"))
    checked, unchecked = [], []
    for kind, id_ in _named(options):
        try:
            readable = _is_readable(examination, kind, id_)
        except stripe.InvalidRequestError as error:
            if error.code != MISSING:
                raise
            raise Failed(
                f"Stripe has no {kind} {id_}: it refuses every checkout.",
                f"Correct the options. {examination.deploy}",
            ) from None
        if readable:
            checked.append(id_)
        else:
            unchecked.append(f"{kind} {id_}")
    findings = [", ".join(checked)] if checked else []
    if unchecked:
        findings.append(f"not checked: {', '.join(unchecked)} ({_why(examination)})")
    return "; ".join(findings) or "they name no ids"


def _is_readable(examination: Examination, kind: str, id_: str) -> bool:
    """Read an object with the service's key, or else the operator's; False if neither may."""
    for client in (examination.service, examination.operator):
        if client is None:
            continue
        try:
            RETRIEVE[kind](client, id_)
        except stripe.PermissionError:
            continue
        return True
    return False


def _why(examination: Examination) -> str:
    if examination.setup_key is None:
        return (
            f"the service's key may not read it: set {SETUP_KEY} to a key that may, or look it up "
            "in Stripe's Dashboard"
        )
    return (
        f"neither the service's key nor {SETUP_KEY} may read it: look it up in Stripe's Dashboard"
    )


def _of_function(examination: Examination, environment: str) -> Any:  # noqa: ANN401  (JSON)
    name = examination.stack.function(CREATE_SESSION).name
    # The check `functions` compares it with the alias.
    code = examination.environment.aws.functions.get_function(FunctionName=name)
    try:
        location = code["Code"]["Location"]
        archive = httpx.get(location, timeout=TIMEOUT_SECONDS, verify=trusted())
        archive.raise_for_status()
        with zipfile.ZipFile(io.BytesIO(archive.content)) as files:
            return json.loads(files.read(f"options/{environment}.json"))
    except (httpx.HTTPError, zipfile.BadZipFile):
        raise Failed("The function's code can't be fetched.", "Run this again.") from None
    except (KeyError, ValueError):
        raise Failed("The function has no options file.", examination.deploy) from None


def _named(options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the kind and the id of each of Stripe's objects that options name."""
    if configuration := options.get("payment_method_configuration"):
        yield "payment method configuration", configuration
    for one in options.get("shipping_options", []):
        if rate := one.get("shipping_rate"):
            yield "shipping rate", rate
    for one in options.get("optional_items", []):
        yield "price", one["price"]
    for one in options.get("discounts", []):
        if coupon := one.get("coupon"):
            yield "coupon", coupon
        if code := one.get("promotion_code"):
            yield "promotion code", code
