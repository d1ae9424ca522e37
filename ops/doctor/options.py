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

TIMEOUT_SECONDS = 20.0


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
    """Check that the objects in the options exist, as far as the service's key may read them."""
    options = _of_function(examination, examination.stack.parameter("Environment"))
    checked = []
    for kind, id_, retrieve in _named(examination.service, options):
        try:
            retrieve(id_)
        except stripe.PermissionError:
            continue
        except stripe.InvalidRequestError as error:
            if error.code != MISSING:
                raise
            raise Failed(
                f"Stripe has no {kind} {id_}: it refuses every checkout.",
                f"Correct the options. {examination.deploy}",
            ) from None
        checked.append(id_)
    return ", ".join(checked) or "nothing to check that the key may read"


def _of_function(examination: Examination, environment: str) -> Any:  # noqa: ANN401  (JSON)
    name = examination.stack.function(CREATE_SESSION).name
    # The check `functions` compares it with the alias.
    code = examination.environment.aws.functions.get_function(FunctionName=name)
    try:
        archive = httpx.get(code["Code"]["Location"], timeout=TIMEOUT_SECONDS)
        archive.raise_for_status()
        with zipfile.ZipFile(io.BytesIO(archive.content)) as files:
            return json.loads(files.read(f"options/{environment}.json"))
    except (httpx.HTTPError, zipfile.BadZipFile):
        raise Failed("The function's code can't be fetched.", "Run this again.") from None
    except (KeyError, ValueError):
        raise Failed("The function has no options file.", examination.deploy) from None


type Retrieve = Callable[[str], object]


def _named(
    client: stripe.StripeClient, options: Mapping[str, Any]
) -> Iterator[tuple[str, str, Retrieve]]:
    """Yield the kind and the id of each of Stripe's objects that options name."""
    if configuration := options.get("payment_method_configuration"):
        retrieve = client.v1.payment_method_configurations.retrieve
        yield "payment method configuration", configuration, retrieve
    for one in options.get("shipping_options", []):
        if rate := one.get("shipping_rate"):
            yield "shipping rate", rate, client.v1.shipping_rates.retrieve
    for one in options.get("optional_items", []):
        yield "price", one["price"], client.v1.prices.retrieve
    for one in options.get("discounts", []):
        if coupon := one.get("coupon"):
            yield "coupon", coupon, client.v1.coupons.retrieve
        if code := one.get("promotion_code"):
            yield "promotion code", code, client.v1.promotion_codes.retrieve
