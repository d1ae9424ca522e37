"""Checkout Sessions: a page to pay on.

open ─┬─> complete   paid, or a bank debit under way (`checkout_payments`)
      └─> expired    at `expires_at`, or by the merchant
"""

from typing import Annotated, Literal

import stripe
from pydantic import Field

from stripe_simulator.api.errors import InvalidRequest, NotSimulated
from stripe_simulator.api.lists import matches, page
from stripe_simulator.api.parameters import Fields, ListParameters, Parameters, missing
from stripe_simulator.api.values import (
    Array,
    Currency,
    Email,
    Integer,
    Metadata,
    MetadataChanges,
    Period,
    Text,
    Text200,
    at_most,
)
from stripe_simulator.documents import Json
from stripe_simulator.identifiers import new_id
from stripe_simulator.objects import (
    captures,
    checkout_amounts,
    checkout_offers,
    checkout_settings,
    line_items,
    metadata,
)
from stripe_simulator.objects.account import Account, CheckoutFacts
from stripe_simulator.objects.checkout_options import CustomerUpdate, Options
from stripe_simulator.objects.checkout_places import Place, closed, placed, require_addresses
from stripe_simulator.objects.intent_options import PaymentMethodType, switched_on
from stripe_simulator.objects.line_items import LineItem
from stripe_simulator.objects.payment_intents import IntentData
from stripe_simulator.objects.shapes import declared

MIN_SECONDS = 30 * 60
MAX_SECONDS = 24 * 60 * 60
MAX_LINE_ITEMS = 100
SHOWN = ("client_reference_id", "customer", "customer_email", "metadata", "mode")


class CreateSession(Place, Options):
    client_reference_id: Text200 | None = None
    currency: Currency | None = None
    customer: Text | None = None
    customer_email: Email | None = None
    expires_at: Integer | None = None
    line_items: Annotated[Array[LineItem], at_most(MAX_LINE_ITEMS, "line_items")] = Field(
        default_factory=list
    )
    metadata: Metadata = Field(default_factory=dict)
    mode: Literal["payment", "setup", "subscription"]
    payment_intent_data: IntentData | None = None
    payment_method_types: Array[PaymentMethodType] | None = None


class UpdateSession(Parameters):
    metadata: MetadataChanges = Field(default_factory=dict)


class CustomerDetailsFilter(Fields):
    email: Text


class ListSessions(ListParameters):
    created: Period | None = None
    customer: Text | None = None
    customer_details: CustomerDetailsFilter | None = None
    payment_intent: Text | None = None
    payment_link: Text | None = None
    status: Literal["complete", "expired", "open"] | None = None
    subscription: Text | None = None


def create(account: Account, parameters: CreateSession) -> Json:
    _require_simulated(parameters)
    require_addresses(parameters)
    if not parameters.line_items:
        raise missing("line_items")
    if len(parameters.line_items) + len(parameters.optional_items) > MAX_LINE_ITEMS:
        raise InvalidRequest(
            f"A Checkout Session can have up to {MAX_LINE_ITEMS} line items and optional items.",
            param="optional_items",
        )
    customer = _customer(account, parameters)
    checkout_settings.require_valid(parameters, customer)
    expires_at = _expiry(account, parameters.expires_at)
    amounts, currency = line_items.amounts(account, parameters.line_items)
    offers = checkout_offers.read(account, parameters, currency)
    products = [line_items.product(account, item) for item in parameters.line_items]
    checkout_amounts.require_chargeable(
        checkout_amounts.at_first(
            account, list(zip(amounts, products, strict=True)), offers.coupon, offers.shipping
        ),
        currency,
    )
    methods = _payment_method_types(parameters, currency)
    # Last, so that a refused session creates no prices.
    items = line_items.make_all(account, parameters.line_items)
    session = _make(account, parameters, sum(amounts), currency) | {
        "expires_at": expires_at,
        "payment_method_types": methods,
    }
    account.checkout[session["id"]] = _facts(parameters, items, customer)
    checkout_offers.make(account, session, parameters, offers)
    checkout_amounts.refresh(account, session)
    _schedule_expiry(account, session)
    return account.sessions.add(session)


def _facts(parameters: CreateSession, items: list[Json], customer: Json | None) -> CheckoutFacts:
    intent_data = parameters.payment_intent_data or IntentData()
    return CheckoutFacts(
        line_items=items,
        payment_intent_data=intent_data.model_dump(),
        customer_creation=parameters.customer_creation == "always",
        customer_update=(parameters.customer_update or CustomerUpdate()).model_dump(),
        tax_rates={
            item["id"]: given.tax_rates
            for item, given in zip(items, parameters.line_items, strict=True)
        },
        country=checkout_settings.location(customer) if customer else None,
    )


def resume(account: Account) -> None:
    """Schedule the changes of a snapshot's sessions."""
    for session in account.sessions:
        if session["status"] == "open":
            _schedule_expiry(account, session)


def retrieve(account: Account, _: Parameters, id_: str) -> Json:
    return account.sessions.retrieve(id_)


def update(account: Account, parameters: UpdateSession, id_: str) -> Json:
    session = account.sessions.retrieve(id_)
    session.update(metadata.merged(session, parameters.given()))
    return session


def list_(account: Account, parameters: ListSessions) -> Json:
    plain = matches(
        parameters,
        *("created", "customer", "payment_intent", "payment_link", "status", "subscription"),
    )
    email = parameters.customer_details and parameters.customer_details.email

    def kept(session: Json) -> bool:
        details = session["customer_details"] or {}
        return plain(session) and (email is None or details.get("email") == email)

    sessions = account.sessions.newest_first()
    return page(
        sessions, parameters, url="/v1/checkout/sessions", noun="checkout.session", keep=kept
    )


def list_line_items(account: Account, parameters: ListParameters, id_: str) -> Json:
    account.sessions.retrieve(id_)
    items = account.checkout[id_].line_items
    url = f"/v1/checkout/sessions/{id_}/line_items"
    # The only list in its own order, oldest first.
    return page(items, parameters, url=url, noun="line item")


def expire(account: Account, _: Parameters, id_: str) -> Json:
    session = account.sessions.retrieve(id_)
    if session["status"] != "open":
        raise InvalidRequest(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout '
            f"Session has a status of `{session['status']}`."
        )
    _close(account, session)
    return session


def _schedule_expiry(account: Account, session: Json) -> None:
    def expire_unpaid() -> None:
        if session["status"] == "open":
            _close(account, session)

    account.schedule.at(session["expires_at"], expire_unpaid)


def _close(account: Account, session: Json) -> None:
    session.update(closed(), status="expired")
    if session["payment_intent"] is not None:
        intent = account.payment_intents[session["payment_intent"]]
        captures.cancel(account, intent, "expired")
    account.record("checkout.session.expired", session, None)


def _require_simulated(parameters: CreateSession) -> None:
    if parameters.mode != "payment":
        raise NotSimulated(f"Checkout Sessions in `{parameters.mode}` mode", param="mode")
    if parameters.ui_mode == "form":
        raise NotSimulated(f"the ui_mode `{parameters.ui_mode}`", param="ui_mode")


def _customer(account: Account, parameters: CreateSession) -> Json | None:
    if parameters.customer is None:
        return None
    for name in ("customer_email", "customer_creation"):
        if getattr(parameters, name) is not None:
            raise InvalidRequest(
                f"You may only specify one of these parameters: customer, {name}.",
                param="customer",
            )
    return account.customers.named(parameters.customer, "customer")


def _expiry(account: Account, given: int | None) -> int:
    now = account.now()
    if given is None:
        return now + MAX_SECONDS
    if given < now + MIN_SECONDS:
        message = "must be at least 30 minutes from Checkout Session creation."
    elif given > now + MAX_SECONDS:
        message = "must be less than 24 hours from Checkout Session creation."
    else:
        return given
    raise InvalidRequest(f"The `expires_at` timestamp {message}", param="expires_at")


def _payment_method_types(parameters: CreateSession, currency: str) -> list[PaymentMethodType]:
    given = parameters.payment_method_types
    excluded = parameters.excluded_payment_method_types or []
    if parameters.currency not in {None, currency}:
        raise InvalidRequest(
            f"The price specified only supports `{currency}`. This doesn't match the expected "
            f"currency: `{parameters.currency}`.",
            param="line_items[0][price]",
        )
    if given and "sepa_debit" in given and currency != "eur":
        raise InvalidRequest(
            f"The currency provided ({currency}) is invalid. Payments with sepa_debit support "
            "the following currencies: eur.",
            param="payment_method_types",
        )
    manual = (parameters.payment_intent_data or IntentData()).capture_method == "manual"
    if manual and given:
        captures.require_capturable_types(given)
    return given or [one for one in switched_on(currency, manual=manual) if one not in excluded]


def _make(account: Account, parameters: CreateSession, amount: int, currency: str) -> Json:
    mode = "live" if account.livemode else "test"
    id_ = new_id(f"cs_{mode}", 58)
    session = declared(
        stripe.checkout.Session,
        **parameters.model_dump(include=set(SHOWN)),
        **checkout_settings.shown(account, parameters),
        **_defaults(parameters),
        amount_subtotal=amount,
        amount_total=amount,
        created=account.now(),
        currency=currency,
        customer_creation=(
            None if parameters.customer else parameters.customer_creation or "if_required"
        ),
        id=id_,
        livemode=account.livemode,
        payment_status="unpaid" if amount else "no_payment_required",
        status="open",
    )
    return placed(session, parameters)


def _defaults(parameters: CreateSession) -> Json:
    """Return the initial fields of a session."""
    session = stripe.checkout.Session
    email = parameters.customer_email
    return {
        "collected_information": declared(session.CollectedInformation),
        "customer_details": (
            declared(session.CustomerDetails, email=email, tax_exempt="none") if email else None
        ),
        "discounts": [],
        "payment_method_collection": "if_required",
        "shipping_options": [],
    }
