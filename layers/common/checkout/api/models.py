"""The body of `POST /checkout/sessions`, as openapi.yaml describes it."""

import hashlib
import hmac
import json
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from checkout.api.locales import Locale
from checkout.errors import FieldError, InvalidRequest
from checkout.stripe.options import NO_OPTIONS, Options
from checkout.stripe.readers import MARKS, RESERVED_METADATA

if TYPE_CHECKING:
    from stripe.params.checkout import SessionCreateParams

# Stripe's limits: https://docs.stripe.com/api/checkout/sessions/create and /api/metadata
MAX_ITEMS = 100
MAX_QUANTITY = 999_999
# The most that one call to Stripe can look up: https://docs.stripe.com/api/prices/list
MAX_LOOKUP_KEYS = 10
MAX_METADATA = 50 - len(MARKS)
# Limits the size of an error response.
MAX_ERRORS = 50
WRONG_BODY = "The body does not match the schema."


def _not_reserved(key: str) -> str:
    if key in RESERVED_METADATA:
        raise ValueError("this key is reserved")
    return key


Identifier = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")]
Url = Annotated[str, Field(min_length=1, max_length=2000)]
MetadataKey = Annotated[
    str,
    Field(min_length=1, max_length=40, pattern=r"^[^\[\]]+$"),
    AfterValidator(_not_reserved),
]
MetadataValue = Annotated[str, Field(max_length=500)]


class UiMode(StrEnum):
    """Where the customer pays: on Stripe's page, or embedded in the shop's page.

    https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-ui_mode
    """

    HOSTED_PAGE = "hosted_page"
    EMBEDDED_PAGE = "embedded_page"
    ELEMENTS = "elements"


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Item(Model):
    """A Stripe price and a quantity; the amount comes from Stripe."""

    price: Annotated[str, Field(pattern=r"^price_[A-Za-z0-9]{1,200}$")] | None = None
    lookup_key: Identifier | None = None
    quantity: Annotated[int, Field(ge=1, le=MAX_QUANTITY)]

    @model_validator(mode="after")
    def _one_name(self) -> Self:
        if (self.price is None) == (self.lookup_key is None):
            raise ValueError("name the price by either price or lookup_key")
        return self

    @property
    def is_named(self) -> bool:
        """True if the item names an existing Stripe price, whose sale must be checked."""
        return True

    def line_item(self, price: str | None) -> Any:  # noqa: ANN401  (Stripe's own type for it)
        return {"price": price, "quantity": self.quantity}


class CheckoutRequest(Model):
    items: Annotated[list[Item], Field(min_length=1, max_length=MAX_ITEMS)]
    customer_email: (
        Annotated[str, Field(max_length=512, pattern=r"^[^\s@]+@[^\s@]+\.[^\s@]+$")] | None
    ) = None
    client_reference_id: (
        Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")] | None
    ) = None
    metadata: Annotated[dict[MetadataKey, MetadataValue], Field(max_length=MAX_METADATA)] | None = (
        None
    )
    # Declared before the URLs, whose validation depends on it.
    ui_mode: Annotated[UiMode, Field(strict=False)] | None = None
    success_url: Url | None = None
    cancel_url: Url | None = None
    return_url: Annotated[Url | None, Field(validate_default=True)] = None
    replaces: Annotated[str, Field(max_length=255)] | None = None
    # The page's language; by default the browser's.
    locale: Locale | None = None

    @field_validator("items")
    @classmethod
    def _few_lookup_keys(cls, items: list[Item]) -> list[Item]:
        if len({item.lookup_key for item in items if item.lookup_key}) > MAX_LOOKUP_KEYS:
            raise ValueError(f"name at most {MAX_LOOKUP_KEYS} different lookup keys")
        return items

    @field_validator("success_url", "cancel_url", "return_url")
    @classmethod
    def _of_the_mode(cls, url: str | None, info: ValidationInfo) -> str | None:
        """Check that a URL fits `ui_mode`: Stripe's page and an embedded one have other URLs."""
        if "ui_mode" not in info.data:
            return url
        mode = info.data["ui_mode"] or UiMode.HOSTED_PAGE
        on_our_page = mode is not UiMode.HOSTED_PAGE
        if on_our_page and info.field_name != "return_url" and url is not None:
            raise ValueError(f"not with ui_mode {mode}: send return_url instead")
        if on_our_page and info.field_name == "return_url" and url is None:
            raise ValueError(f"required with ui_mode {mode}")
        if not on_our_page and info.field_name == "return_url" and url is not None:
            raise ValueError("only with ui_mode embedded_page or elements: send success_url")
        return url

    @classmethod
    def from_json(cls, body: bytes) -> Self:
        """Parse and validate a body; raise InvalidRequest with a pointer to each invalid field."""
        try:
            return cls.model_validate_json(body)
        except ValidationError as error:
            fields = tuple(_field_error(**detail) for detail in error.errors()[:MAX_ERRORS])
            raise InvalidRequest(WRONG_BODY, fields) from None

    @property
    def own_options(self) -> Options:
        """Return this session's options, which override the environment's."""
        return NO_OPTIONS

    def own_params(self) -> "SessionCreateParams":
        """Return the other Stripe parameters that this caller may set."""
        return {}

    @property
    def is_adjustable(self) -> bool:
        """True if the customer may change quantities on Stripe's page."""
        return False

    @property
    def lookup_keys(self) -> set[str]:
        return {item.lookup_key for item in self.items if item.lookup_key}

    def fingerprint(self, key: str) -> str:
        """Return a fingerprint of what the caller sent; a null field equals an absent one.

        Fields added in later versions don't change the fingerprint of an earlier request. The
        fingerprint is keyed, so that an e-mail address can't be guessed from it.
        """
        sent = self.model_dump(mode="json", exclude_unset=True, exclude_none=True)
        canonical = json.dumps(sent, sort_keys=True)
        return hmac.new(key.encode(), canonical.encode(), hashlib.sha256).hexdigest()


def _field_error(*, loc: tuple[int | str, ...], msg: str, **_: Any) -> FieldError:  # noqa: ANN401
    # pydantic reports an invalid metadata key below that key, as "[key]".
    parts = loc[:2] if loc[:1] == ("metadata",) else loc
    return FieldError(pointer(parts), msg.removeprefix("Value error, "))


def pointer(path: tuple[int | str, ...]) -> str:
    """Write a path as a JSON Pointer: https://www.rfc-editor.org/rfc/rfc6901."""
    parts = [str(part).replace("~", "~0").replace("/", "~1") for part in path]
    return "".join(f"/{part}" for part in parts)
