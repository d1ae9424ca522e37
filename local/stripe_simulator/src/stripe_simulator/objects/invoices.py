"""Invoices: the receipt of a paid Checkout Session with `invoice_creation`.

https://docs.stripe.com/payments/checkout/receipts
"""

from typing import Literal

import stripe

from stripe_simulator.api.lists import embedded, matches, page
from stripe_simulator.api.parameters import ListParameters, Parameters
from stripe_simulator.api.values import Period, Text
from stripe_simulator.documents import Json
from stripe_simulator.identifiers import new_id
from stripe_simulator.objects.account import Account
from stripe_simulator.objects.shapes import declared, pick

EVENTS = ("invoice.created", "invoice.finalized", "invoice.paid", "invoice.payment_succeeded")
# Fields copied from the merchant's `invoice_data`.
COPIED = ("account_tax_ids", "custom_fields", "description", "footer", "issuer", "metadata")


class ListInvoices(ListParameters):
    collection_method: Literal["charge_automatically", "send_invoice"] | None = None
    created: Period | None = None
    customer: Text | None = None
    status: Literal["draft", "open", "paid", "uncollectible", "void"] | None = None
    subscription: Text | None = None


def make_paid(account: Account, session: Json) -> None:
    """Create a paid invoice and set it in the session."""
    invoice = account.invoices.add(_paid(account, session, new_id("in")))
    session["invoice"] = invoice["id"]
    for type_ in EVENTS:
        account.record(type_, invoice, None)


def _paid(account: Account, session: Json, id_: str) -> Json:
    now = account.now()
    return declared(
        stripe.Invoice,
        **_data(session),
        **_customer(session),
        **_amounts(session),
        account_country="US",
        account_name=account.settings.shop_name,
        attempt_count=1,
        attempted=True,
        auto_advance=False,
        automatic_tax=declared(
            stripe.Invoice.AutomaticTax,
            **pick(session["automatic_tax"], ("enabled", "liability", "provider", "status")),
        ),
        billing_reason="manual",
        collection_method="charge_automatically",
        created=now,
        currency=session["currency"],
        default_tax_rates=[],
        discounts=[one["id"] for one in account.checkout[session["id"]].discounts],
        effective_at=now,
        hosted_invoice_url=f"https://invoice.stripe.com/i/{id_}",
        id=id_,
        invoice_pdf=f"https://pay.stripe.com/invoice/{id_}/pdf",
        lines=_lines(account, session, id_),
        livemode=account.livemode,
        number=f"{new_id('', 8).upper().lstrip('_')}-0001",
        payment_settings=declared(stripe.Invoice.PaymentSettings),
        period_end=now,
        period_start=now,
        status="paid",
        status_transitions=declared(
            stripe.Invoice.StatusTransitions, finalized_at=now, paid_at=now
        ),
    )


def retrieve(account: Account, _: Parameters, id_: str) -> Json:
    return account.invoices.retrieve(id_)


def list_(account: Account, parameters: ListInvoices) -> Json:
    kept = matches(parameters, "collection_method", "created", "customer", "status", "subscription")
    invoices = account.invoices.newest_first()
    return page(invoices, parameters, url="/v1/invoices", noun="invoice", keep=kept)


def _data(session: Json) -> Json:
    """Return the fields that the merchant chose, with Stripe's default."""
    given = pick(session["invoice_creation"]["invoice_data"], COPIED)
    return {"issuer": {"type": "self"}} | {
        name: value for name, value in given.items() if value is not None
    }


def _customer(session: Json) -> Json:
    details = session["customer_details"]
    return {
        "customer": session["customer"],
        "customer_address": details["address"],
        "customer_email": details["email"],
        "customer_name": details["name"],
        "customer_phone": details["phone"],
        "customer_shipping": (session["collected_information"] or {}).get("shipping_details"),
        "customer_tax_exempt": details["tax_exempt"],
        "customer_tax_ids": details["tax_ids"],
    }


def _amounts(session: Json) -> Json:
    """Return the amounts; the subtotal excludes shipping, as in the session."""
    total, details = session["amount_total"], session["total_details"]
    return {
        "amount_due": total,
        "amount_overpaid": 0,
        "amount_paid": total,
        "amount_paid_off_stripe": 0,
        "amount_remaining": 0,
        "amount_shipping": details["amount_shipping"],
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "shipping_cost": session["shipping_cost"],
        "starting_balance": 0,
        "ending_balance": 0,
        "subtotal": session["amount_subtotal"],
        "total": total,
        "total_excluding_tax": total - details["amount_tax"],
    }


def _lines(account: Account, session: Json, id_: str) -> Json:
    items = account.checkout[session["id"]].line_items
    lines = [
        declared(
            stripe.InvoiceLineItem,
            amount=item["amount_subtotal"],
            currency=item["currency"],
            description=item["description"],
            discountable=True,
            discounts=[],
            id=new_id("il"),
            invoice=id_,
            livemode=account.livemode,
            metadata={},
            period={"end": account.now(), "start": account.now()},
            quantity=item["quantity"],
            subtotal=item["amount_subtotal"],
        )
        for item in items
    ]
    return embedded(lines, url=f"/v1/invoices/{id_}/lines")
