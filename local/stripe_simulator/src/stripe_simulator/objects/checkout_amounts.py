"""The amounts of a Checkout Session, for the customer's current choices."""

from collections.abc import Iterable, Sequence
from fractions import Fraction

import stripe

from stripe_simulator.api.errors import InvalidRequest
from stripe_simulator.documents import Json
from stripe_simulator.identifiers import new_id
from stripe_simulator.objects import coupons, promotion_codes, tax_rates, totals
from stripe_simulator.objects.account import Account
from stripe_simulator.objects.currencies import MAXIMUM, minimum, written
from stripe_simulator.objects.shapes import declared
from stripe_simulator.objects.totals import Charge, Costs, Discount, Tax, Totals

# Prices in these currencies are usually without tax: the "Automatic" tax behavior of
# https://docs.stripe.com/tax/products-prices-tax-codes-tax-behavior, for unspecified ones.
EXCLUSIVE_CURRENCIES = frozenset({"cad", "usd"})


def refresh(account: Account, session: Json) -> None:
    """Recompute the amounts of a session and of its line items."""
    facts = account.checkout[session["id"]]
    items = facts.line_items
    lines = [_charge(item["amount_subtotal"], _rates(account, session, item)) for item in items]
    discounts = [
        _discount(account, account.coupons[one["source"]["coupon"]], _products(items))
        for one in facts.discounts
    ]
    rate = account.shipping_rates.find(facts.shipping_rate or "")
    shipping_rates = _shipping_rates(account, session, rate) if rate else []
    shipping = _charge(rate["fixed_amount"]["amount"], shipping_rates) if rate else None
    sums = totals.compute(lines, discounts, shipping)
    automatic = session["automatic_tax"]["enabled"]
    taxes = []
    for item, costs in zip(items, sums.lines, strict=True):
        taxes.append(_taxes(costs, _rates(account, session, item), automatic=automatic))
        _write_item(account, session, item, costs, taxes[-1])
    if rate and sums.shipping:
        taxes.append(_taxes(sums.shipping, shipping_rates, automatic=automatic))
        _write_shipping(account, session, rate, sums.shipping, taxes[-1])
    _write_totals(account, session, sums, _summed(taxes))
    if automatic:
        located = facts.country is not None
        session["automatic_tax"]["status"] = "complete" if located else "requires_location_inputs"


def included(account: Account, id_: str, field: str) -> Json | list[Json] | None:
    """Return an expandable value of a session or a line item: `total_details.breakdown`."""
    known = account.checkout.get(id_)
    for facts in [known] if known else account.checkout.values():
        if id_ in facts.included:
            value: Json | list[Json] | None = facts.included[id_].get(field)
            return value
    return None


def at_first(
    account: Account, amounts: Sequence[tuple[int, str | None]], coupon: Json | None, shipping: int
) -> int:
    """Return the amount due before taxes for items (amount and product) not yet created."""
    lines = [Charge(amount) for amount, _ in amounts]
    given = [_discount(account, coupon, [product for _, product in amounts])] if coupon else []
    return totals.compute(lines, given, Charge(shipping)).total


def require_chargeable(amount: int, currency: str) -> None:
    least = minimum(currency)
    if 0 < amount < least:
        raise InvalidRequest(
            "The Checkout Session's total amount due must add up to at least "
            f"{written(least, currency)} {currency}",
            code="amount_too_small",
        )
    if amount > MAXIMUM:
        raise InvalidRequest(
            "The Checkout Session's total amount due must be no more than "
            f"{written(MAXIMUM, currency)}.",
            code="amount_too_large",
        )


def give_discount(
    account: Account, session: Json, coupon: Json, promotion_code: Json | None = None
) -> None:
    """Replace the session's discount; Stripe allows one."""
    code_id = promotion_code["id"] if promotion_code else None
    discount = declared(
        stripe.Discount,
        checkout_session=session["id"],
        customer=session["customer"],
        id=new_id("di"),
        promotion_code=code_id,
        source={"coupon": coupon["id"], "type": "coupon"},
        start=account.now(),
    )
    discount.pop("deleted", None)
    account.checkout[session["id"]].discounts = [discount]
    session["discounts"] = [
        {"coupon": None if promotion_code else coupon["id"], "promotion_code": code_id}
    ]


def take_discount(account: Account, session: Json) -> None:
    account.checkout[session["id"]].discounts = []
    session["discounts"] = []


def redeem(account: Account, session: Json) -> None:
    """Count the redeemed discounts of a completed session."""
    for discount in account.checkout[session["id"]].discounts:
        if (coupon := account.coupons.find(discount["source"]["coupon"])) is not None:
            coupons.redeem(coupon)
        if discount["promotion_code"] is not None:
            promotion_codes.redeem(account.promotion_codes[discount["promotion_code"]])


def _products(items: Iterable[Json]) -> list[str | None]:
    return [item["price"]["product"] for item in items]


def _charge(amount: int, rates: Iterable[Json]) -> Charge:
    return Charge(amount, tuple(Tax(tax_rates.percent(one), one["inclusive"]) for one in rates))


def _discount(account: Account, coupon: Json, products: Sequence[str | None]) -> Discount:
    only = account.coupon_products.get(coupon["id"])
    applies = (
        None if only is None else frozenset(n for n, one in enumerate(products) if one in only)
    )
    if coupon["percent_off"] is None:
        return Discount(amount=coupon["amount_off"], applies=applies)
    return Discount(percent=Fraction(str(coupon["percent_off"])), applies=applies)


def _rates(account: Account, session: Json, item: Json) -> list[Json]:
    facts = account.checkout[session["id"]]
    if not session["automatic_tax"]["enabled"]:
        return [account.tax_rates[one] for one in facts.tax_rates.get(item["id"], [])]
    return _automatic(account, session, item["price"]["tax_behavior"])


def _shipping_rates(account: Account, session: Json, rate: Json) -> list[Json]:
    """Return shipping's taxes, automatic tax only:
    https://docs.stripe.com/payments/during-payment/charge-shipping
    """
    if not session["automatic_tax"]["enabled"]:
        return []
    return _automatic(account, session, rate["tax_behavior"])


def _automatic(account: Account, session: Json, behavior: str | None) -> list[Json]:
    country = account.checkout[session["id"]].country
    if country is None or _exempt(account, session):
        return []
    inclusive = behavior == "inclusive" or (
        behavior != "exclusive" and session["currency"] not in EXCLUSIVE_CURRENCIES
    )
    return [tax_rates.automatic(account, country, inclusive=inclusive)]


def _exempt(account: Account, session: Json) -> bool:
    customer = account.customers.find(session["customer"] or "")
    return customer is not None and customer.get("tax_exempt") in {"exempt", "reverse"}


def _taxes(costs: Costs, rates: Sequence[Json], *, automatic: bool) -> list[Json]:
    return [
        {
            "amount": amount,
            "rate": dict(rate),
            "taxability_reason": _reason(rate) if automatic else None,
            "taxable_amount": costs.taxable,
        }
        for rate, amount in zip(rates, costs.taxes, strict=True)
    ]


def _reason(rate: Json) -> str:
    return "standard_rated" if rate["country"] in tax_rates.AUTOMATIC else "not_collecting"


def _summed(taxes: Iterable[list[Json]]) -> list[Json]:
    """Sum taxes to one row per rate."""
    rows: dict[str, Json] = {}
    for one in (tax for some in taxes for tax in some):
        row = rows.setdefault(one["rate"]["id"], one | {"amount": 0, "taxable_amount": 0})
        row["amount"] += one["amount"]
        row["taxable_amount"] += one["taxable_amount"]
    return list(rows.values())


def _write_item(
    account: Account, session: Json, item: Json, costs: Costs, taxes: list[Json]
) -> None:
    facts = account.checkout[session["id"]]
    item.update(
        amount_discount=costs.discount,
        amount_tax=costs.tax,
        amount_total=costs.total,
    )
    discounts = [
        {"amount": amount, "discount": discount}
        for amount, discount in zip(costs.discounts, facts.discounts, strict=True)
    ]
    facts.included[item["id"]] = {"discounts": discounts, "taxes": taxes}


def _write_totals(account: Account, session: Json, sums: Totals, taxes: list[Json]) -> None:
    facts = account.checkout[session["id"]]
    session.update(
        amount_subtotal=sums.subtotal,
        amount_total=sums.total,
        payment_status="unpaid" if sums.total else "no_payment_required",
        total_details=declared(
            stripe.checkout.Session.TotalDetails,
            amount_discount=sums.discount,
            amount_shipping=sums.shipping_amount,
            amount_tax=sums.tax,
        ),
    )
    discounts = [
        {"amount": sum(line.discounts[n] for line in sums.lines), "discount": one}
        for n, one in enumerate(facts.discounts)
    ]
    included = facts.included.setdefault(session["id"], {})
    included["total_details.breakdown"] = {"discounts": discounts, "taxes": taxes}


def _write_shipping(
    account: Account, session: Json, rate: Json, costs: Costs, taxes: list[Json]
) -> None:
    cost = declared(
        stripe.checkout.Session.ShippingCost,
        amount_subtotal=costs.subtotal,
        amount_tax=costs.tax,
        amount_total=costs.total,
        shipping_rate=rate["id"],
    )
    cost.pop("taxes", None)
    session["shipping_cost"] = cost
    included = account.checkout[session["id"]].included.setdefault(session["id"], {})
    included["shipping_cost.taxes"] = taxes
