"""The body of `POST /checkout/sessions`, as the contract says."""

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
# One call to Stripe finds so many: https://docs.stripe.com/api/prices/list
MAX_LOOKUP_KEYS = 10
MAX_METADATA = 50 - len(MARKS)
# A body can be wrong in more places than anybody reads.
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
    """Where the customer pays: on a page of Stripe's, or in one of the shop's.

    https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-ui_mode
    """

    HOSTED_PAGE = "hosted_page"
    EMBEDDED_PAGE = "embedded_page"
    ELEMENTS = "elements"


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Item(Model):
    """A Stripe price and how many of it; the amount is Stripe's."""

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
        """Whether the price is one of Stripe's, which the shop may sell or not."""
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
    # Before the addresses, which depend on it.
    ui_mode: Annotated[UiMode, Field(strict=False)] | None = None
    success_url: Url | None = None
    cancel_url: Url | None = None
    return_url: Annotated[Url | None, Field(validate_default=True)] = None
    replaces: Annotated[str, Field(max_length=255)] | None = None
    # The language of the page; without it, that of the customer's browser.
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
        """Stripe has other addresses for a page of its own than for the shop's."""
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
        """Raise InvalidRequest with a pointer for each field that is wrong."""
        try:
            return cls.model_validate_json(body)
        except ValidationError as error:
            fields = tuple(_field_error(**detail) for detail in error.errors()[:MAX_ERRORS])
            raise InvalidRequest(WRONG_BODY, fields) from None

    @property
    def own_options(self) -> Options:
        """Options of this session, which replace those of the environment."""
        return NO_OPTIONS

    def own_params(self) -> "SessionCreateParams":
        """Return further parameters of Stripe's that the caller may name."""
        return {}

    @property
    def is_adjustable(self) -> bool:
        """Whether the customer may change quantities on Stripe's page."""
        return False

    @property
    def lookup_keys(self) -> set[str]:
        return {item.lookup_key for item in self.items if item.lookup_key}

    def fingerprint(self, key: str) -> str:
        """Distinguish two bodies by what the caller sent; a null field equals an absent one.

        A field that a later version adds, with whatever default, does not change the fingerprint of
        an earlier request. It is keyed, so that an e-mail address can't be guessed from it.
        """
        sent = self.model_dump(mode="json", exclude_unset=True, exclude_none=True)
        canonical = json.dumps(sent, sort_keys=True)
        return hmac.new(key.encode(), canonical.encode(), hashlib.sha256).hexdigest()


def _field_error(*, loc: tuple[int | str, ...], msg: str, **_: Any) -> FieldError:  # noqa: ANN401
    # A key of the metadata that fails is reported below its own name, as "[key]".
    parts = loc[:2] if loc[:1] == ("metadata",) else loc
    return FieldError(pointer(parts), msg.removeprefix("Value error, "))


def pointer(path: tuple[int | str, ...]) -> str:
    """Write a path as a JSON Pointer: https://www.rfc-editor.org/rfc/rfc6901."""
    parts = [str(part).replace("~", "~0").replace("/", "~1") for part in path]
    return "".join(f"/{part}" for part in parts)
