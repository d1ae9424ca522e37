"""The options of a Checkout Session.

https://docs.stripe.com/api/checkout/sessions/create
"""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from stripe_simulator.api.parameters import Fields, Parameters
from stripe_simulator.api.values import (
    Array,
    Boolean,
    Metadata,
    Positive,
    Text,
    Text40,
    Text50,
    Text100,
    Text200,
    Text255,
    Text1200,
    at_most,
    one_of,
    refusal,
)
from stripe_simulator.documents import Json
from stripe_simulator.objects.line_items import AdjustableQuantity
from stripe_simulator.objects.payment_options import (
    MaybeEnabled,
    PaymentMethodOptions,
    SavedPaymentMethods,
)
from stripe_simulator.objects.sdk_lists import COUNTRIES, FONTS, LOCALES
from stripe_simulator.objects.shipping_rates import ShippingRateData

MAX_CUSTOM_FIELDS = 3
MAX_OPTIONAL_ITEMS = 10
MAX_SHIPPING_OPTIONS = 5


def _color(value: str) -> str:
    if not re.fullmatch("#[0-9A-Fa-f]{6}", value):
        raise refusal(f"Invalid hex color: {value}")
    return value


def _key(value: str) -> str:
    if not value.isalnum():
        raise refusal(f"Invalid key: {value}. A key must be alphanumeric.")
    return value


type Color = Annotated[Text, AfterValidator(_color)]
type Country = Annotated[Text, one_of(COUNTRIES)]
type Locale = Annotated[Text, one_of(LOCALES)]


class Enabled(Fields):
    enabled: Boolean


class Self(Fields):
    type: Literal["self"]


class AutomaticTax(Enabled):
    liability: Self | None = None


class Image(Fields):
    file: Text | None = None
    type: Literal["file", "url"]
    url: Text | None = None


class BrandingSettings(Fields):
    background_color: Color = "#ffffff"
    border_style: Literal["pill", "rectangular", "rounded"] = "rounded"
    button_color: Color = "#0074d4"
    display_name: Text | None = None
    font_family: Annotated[Text, one_of(FONTS)] = "default"
    icon: Image | None = None
    logo: Image | None = None


class ReuseAgreement(Fields):
    position: Literal["auto", "hidden"]


class ConsentCollection(Fields):
    payment_method_reuse_agreement: ReuseAgreement | None = None
    promotions: Literal["auto", "none"] | None = None
    terms_of_service: Literal["none", "required"] | None = None


class Label(Fields):
    custom: Text50
    type: Literal["custom"]


class Choice(Fields):
    label: Text100
    value: Annotated[Text100, AfterValidator(_key)]


class Dropdown(Fields):
    default_value: Text100 | None = None
    options: Annotated[Array[Choice], at_most(200, "options")]


class Written(Fields):
    """Limits of a text or numeric field; lengths are in characters."""

    default_value: Text255 | None = None
    maximum_length: Positive | None = None
    minimum_length: Positive | None = None


class CustomField(Fields):
    dropdown: Dropdown | None = None
    key: Annotated[Text200, AfterValidator(_key)]
    label: Label
    numeric: Written | None = None
    optional: Boolean = False
    text: Written | None = None
    type: Literal["dropdown", "numeric", "text"]


class Message(Fields):
    message: Text1200


class CustomText(Fields):
    after_submit: Message | None = None
    shipping_address: Message | None = None
    submit: Message | None = None
    terms_of_service_acceptance: Message | None = None


class CustomerUpdate(Fields):
    address: Literal["auto", "never"] = "never"
    name: Literal["auto", "never"] = "never"
    shipping: Literal["auto", "never"] = "never"


class Discount(Fields):
    coupon: Text | None = None
    promotion_code: Text | None = None


class InvoiceField(Fields):
    name: Text40
    value: Text


class Rendering(Fields):
    amount_tax_display: Literal["exclude_tax", "include_inclusive_tax"] | None = None
    template: Text | None = None


class InvoiceData(Fields):
    account_tax_ids: Array[Text] | None = None
    custom_fields: Array[InvoiceField] | None = None
    description: Text | None = None
    footer: Text | None = None
    issuer: Self | None = None
    metadata: Metadata = Field(default_factory=dict)
    rendering_options: Rendering | None = None


class InvoiceCreation(Enabled):
    invoice_data: InvoiceData = Field(default_factory=InvoiceData)


class Name(Enabled):
    optional: Boolean = False


class NameCollection(Fields):
    business: Name | None = None
    individual: Name | None = None


class OptionalItem(Fields):
    adjustable_quantity: AdjustableQuantity | None = None
    price: Text
    quantity: Positive


class Permissions(Fields):
    update_shipping_details: Literal["client_only", "server_only"] | None = None


class ShippingAddressCollection(Fields):
    allowed_countries: Array[Country]


class ShippingOption(Fields):
    shipping_rate: Text | None = None
    shipping_rate_data: ShippingRateData | None = None


class TaxIdCollection(Enabled):
    required: Literal["if_supported", "never"] = "never"


class Link(Fields):
    display: Literal["auto", "never"] = "auto"


class WalletOptions(Fields):
    link: Link | None = None


class Recovery(Enabled):
    allow_promotion_codes: Boolean = False


class AfterExpiration(Fields):
    recovery: Recovery | None = None


class Options(Parameters):
    adaptive_pricing: MaybeEnabled = Field(default_factory=MaybeEnabled)
    after_expiration: AfterExpiration | None = None
    allow_promotion_codes: Boolean | None = None
    automatic_tax: AutomaticTax | None = None
    billing_address_collection: Literal["auto", "required"] | None = None
    branding_settings: BrandingSettings | None = None
    consent_collection: ConsentCollection | None = None
    custom_fields: Annotated[Array[CustomField], at_most(MAX_CUSTOM_FIELDS, "custom_fields")] = (
        Field(default_factory=list)
    )
    custom_text: CustomText | None = None
    customer_creation: Literal["always", "if_required"] | None = None
    customer_update: CustomerUpdate | None = None
    discounts: Annotated[Array[Discount], at_most(1, "discounts")] | None = None
    excluded_payment_method_types: Array[Text] | None = None
    integration_identifier: Text200 | None = None
    invoice_creation: InvoiceCreation | None = None
    locale: Locale | None = None
    name_collection: NameCollection | None = None
    optional_items: Annotated[
        Array[OptionalItem], at_most(MAX_OPTIONAL_ITEMS, "optional_items")
    ] = Field(default_factory=list)
    origin_context: Literal["mobile_app", "web"] | None = None
    managed_payments: MaybeEnabled = Field(default_factory=MaybeEnabled)
    payment_method_collection: Text | None = None
    payment_method_configuration: Text100 | None = None
    payment_method_options: PaymentMethodOptions | None = None
    permissions: Permissions | None = None
    phone_number_collection: Enabled | None = None
    saved_payment_method_options: SavedPaymentMethods | None = None
    setup_intent_data: Json | None = None
    shipping_address_collection: ShippingAddressCollection | None = None
    shipping_options: Annotated[
        Array[ShippingOption], at_most(MAX_SHIPPING_OPTIONS, "shipping_options")
    ] = Field(default_factory=list)
    submit_type: Literal["auto", "book", "donate", "pay", "subscribe"] | None = None
    subscription_data: Json | None = None
    tax_id_collection: TaxIdCollection | None = None
    wallet_options: WalletOptions | None = None
