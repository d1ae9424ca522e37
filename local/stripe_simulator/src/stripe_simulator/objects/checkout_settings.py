"""Fields of a Checkout Session that show its options, and conflicts between options."""

import stripe

from stripe_simulator.api.errors import InvalidRequest, NoSuchObject, NotSimulated
from stripe_simulator.documents import Json
from stripe_simulator.objects.account import Account
from stripe_simulator.objects.checkout_options import CustomerUpdate, CustomField, Options
from stripe_simulator.objects.shapes import declared

NOT_IN_PAYMENT_MODE = ("payment_method_collection", "setup_intent_data", "subscription_data")
SHOWN = (
    *("allow_promotion_codes", "billing_address_collection", "integration_identifier", "locale"),
    *("origin_context", "submit_type"),
)
# Shown as given; parameters that were left out are null or absent.
HASHES = {
    "after_expiration": stripe.checkout.Session.AfterExpiration,
    "branding_settings": stripe.checkout.Session.BrandingSettings,
    "consent_collection": stripe.checkout.Session.ConsentCollection,
    "name_collection": stripe.checkout.Session.NameCollection,
    "permissions": stripe.checkout.Session.Permissions,
    "saved_payment_method_options": stripe.checkout.Session.SavedPaymentMethodOptions,
    "shipping_address_collection": stripe.checkout.Session.ShippingAddressCollection,
    "tax_id_collection": stripe.checkout.Session.TaxIdCollection,
    "wallet_options": stripe.checkout.Session.WalletOptions,
}


def require_valid(options: Options, customer: Json | None) -> None:
    """Refuse options that exclude each other, or that lack a requirement."""
    _require_simulated(options)
    _require_promotions(options)
    _require_payment_methods(options)
    for field in options.custom_fields:
        _require_field(field)
    if options.excluded_payment_method_types and "card" in options.excluded_payment_method_types:
        raise NotSimulated("sessions without cards", param="excluded_payment_method_types")
    _require_customer(options, customer)


def shown(account: Account, options: Options) -> Json:
    """Return the session's fields that show its options, without amounts."""
    session = stripe.checkout.Session
    fields = options.model_dump(include=set(SHOWN))
    for name, class_ in HASHES.items():
        given = getattr(options, name)
        if given is not None:
            fields[name] = declared(class_, **given.model_dump(exclude_none=True))
    tax = options.automatic_tax
    taxed = tax is not None and tax.enabled
    return fields | {
        "adaptive_pricing": options.adaptive_pricing.model_dump(),
        "automatic_tax": declared(
            session.AutomaticTax,
            enabled=taxed,
            liability={"type": "self"} if taxed else None,
            provider="stripe" if taxed else None,
            status="requires_location_inputs" if taxed else None,
        ),
        "custom_fields": [_custom_field(one) for one in options.custom_fields],
        "custom_text": declared(
            session.CustomText,
            **(options.custom_text.model_dump(exclude_none=True) if options.custom_text else {}),
        ),
        "invoice_creation": _invoice_creation(options),
        "managed_payments": options.managed_payments.model_dump(),
        "payment_method_configuration_details": _configuration(account, options),
        "payment_method_options": _payment_method_options(options),
        "phone_number_collection": (
            options.phone_number_collection.model_dump()
            if options.phone_number_collection
            else {"enabled": False}
        ),
    }


def _require_simulated(options: Options) -> None:
    for name in NOT_IN_PAYMENT_MODE:
        if getattr(options, name) is not None:
            raise InvalidRequest(f"You can not pass `{name}` in `payment` mode.", param=name)
    if options.managed_payments.enabled:
        raise NotSimulated("managed payments", param="managed_payments[enabled]")
    recovery = options.after_expiration and options.after_expiration.recovery
    if recovery and recovery.enabled:
        raise NotSimulated("recovery of sessions", param="after_expiration[recovery][enabled]")


def _require_promotions(options: Options) -> None:
    """Refuse both, even if one is false: https://github.com/stripe/stripe-node/issues/2248"""
    if options.allow_promotion_codes is not None and options.discounts is not None:
        raise _only_one("allow_promotion_codes", "discounts")


def _require_payment_methods(options: Options) -> None:
    others = (options.payment_method_options and options.payment_method_options.model_extra) or {}
    for name in others:
        raise NotSimulated(f"the payment method `{name}`", param=f"payment_method_options[{name}]")
    configuration = options.payment_method_configuration
    if configuration is not None and "payment_method_types" in options.model_fields_set:
        raise _only_one("payment_method_configuration", "payment_method_types")
    if configuration is not None and not configuration.startswith("pmc_"):
        param = "payment_method_configuration"
        raise NoSuchObject(param, configuration, param=param, status=400)


def _require_field(field: CustomField) -> None:
    if field.type == "dropdown" and field.dropdown is None:
        raise InvalidRequest(
            "You must provide `dropdown` when `type` is `dropdown`.", param="custom_fields"
        )
    for name in {"dropdown", "numeric", "text"} - {field.type}:
        if getattr(field, name) is not None:
            raise InvalidRequest(
                f"You can not provide `{name}` when `type` is `{field.type}`.",
                param="custom_fields",
            )


def _require_customer(options: Options, customer: Json | None) -> None:
    """Check the requirements for a session with an existing customer."""
    if customer is None:
        if options.customer_update is not None:
            raise InvalidRequest(
                "`customer_update` can only be used with `customer`.", param="customer_update"
            )
        return
    updates = options.customer_update or CustomerUpdate()
    if options.tax_id_collection and options.tax_id_collection.enabled and updates.name == "never":
        raise InvalidRequest(
            "Tax ID collection requires updating business name on the customer. To enable tax ID "
            "collection for an existing customer, please set `customer_update[name]` to `auto`.",
        )
    taxed = options.automatic_tax is not None and options.automatic_tax.enabled
    if taxed and "auto" not in {updates.address, updates.shipping} and not location(customer):
        raise InvalidRequest(
            "Automatic tax calculation in Checkout requires a valid address on the Customer. Add "
            "a valid address to the Customer or set either `customer_update[address]` to 'auto' "
            "or `customer_update[shipping]` to 'auto' to save the address entered in Checkout to "
            "the Customer.",
            code="customer_tax_location_invalid",
        )


def location(customer: Json) -> str | None:
    """Return the country of a customer's tax: https://docs.stripe.com/tax/customer-locations"""
    for address in ((customer.get("shipping") or {}).get("address"), customer.get("address")):
        if address and address.get("country"):
            country: str = address["country"]
            return country
    return None


def _custom_field(field: CustomField) -> Json:
    kind = getattr(field, field.type)
    class_ = stripe.checkout.Session.CustomField
    inner = {
        "dropdown": class_.Dropdown,
        "numeric": class_.Numeric,
        "text": class_.Text,
    }[field.type]
    given = kind.model_dump(exclude_none=True) if kind else {}
    return declared(
        class_,
        **field.model_dump(include={"key", "label", "optional", "type"}),
        **{field.type: declared(inner, **given)},
    )


def _invoice_creation(options: Options) -> Json:
    class_ = stripe.checkout.Session.InvoiceCreation
    given = options.invoice_creation
    data = given.invoice_data.model_dump(exclude_none=True) if given else {"metadata": {}}
    if given and given.enabled:
        data = {"issuer": {"type": "self"}} | data
    return declared(
        class_,
        enabled=given is not None and given.enabled,
        invoice_data=declared(class_.InvoiceData, **data),
    )


def _configuration(account: Account, options: Options) -> Json | None:
    """Return the payment method configuration, which applies if no types are given."""
    if "payment_method_types" in options.model_fields_set:
        return None
    usual = f"pmc_{account.id.removeprefix('acct_')}"
    return {"id": options.payment_method_configuration or usual, "parent": None}


def _payment_method_options(options: Options) -> Json:
    given = options.payment_method_options
    named = given.model_dump(include={"card", "sepa_debit"}, exclude_none=True) if given else {}
    return {"card": {"request_three_d_secure": "automatic"}} | named


def _only_one(first: str, second: str) -> InvalidRequest:
    return InvalidRequest(
        f"You may only specify one of these parameters: {first}, {second}.", param=first
    )
