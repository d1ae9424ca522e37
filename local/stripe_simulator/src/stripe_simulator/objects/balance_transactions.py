"""Balance transactions: the effect of charges, refunds and disputes on the balance."""

from dataclasses import dataclass

import stripe

from stripe_simulator.api.lists import matches, page
from stripe_simulator.api.parameters import ListParameters, Parameters
from stripe_simulator.api.values import Currency, Period, Text
from stripe_simulator.documents import Json
from stripe_simulator.identifiers import new_id
from stripe_simulator.objects.account import Account
from stripe_simulator.objects.shapes import declared

FEE_PER_MILLE = 29
FEE_FIXED = 30
AVAILABLE_SECONDS = 2 * 24 * 60 * 60


@dataclass(frozen=True)
class Movement:
    """`amount` is negative if money leaves the balance."""

    type: str
    category: str
    amount: int
    fee: int = 0
    description: str | None = None
    """None: its source's."""
    fee_description: str = "Stripe processing fees"


class ListBalanceTransactions(ListParameters):
    created: Period | None = None
    currency: Currency | None = None
    source: Text | None = None
    type: Text | None = None


def fee(amount: int) -> int:
    return amount * FEE_PER_MILLE // 1000 + FEE_FIXED


def make(account: Account, movement: Movement, source: Json) -> Json:
    now = account.now()
    details = declared(
        stripe.BalanceTransaction.FeeDetail,
        amount=movement.fee,
        currency=source["currency"],
        description=movement.fee_description,
        type="stripe_fee",
    )
    return account.balance_transactions.add(
        declared(
            stripe.BalanceTransaction,
            amount=movement.amount,
            available_on=now + AVAILABLE_SECONDS,
            balance_type="payments",
            created=now,
            currency=source["currency"],
            description=movement.description or source.get("description"),
            fee=movement.fee,
            fee_details=[details] if movement.fee else [],
            id=new_id("txn"),
            net=movement.amount - movement.fee,
            reporting_category=movement.category,
            source=source["id"],
            status="pending",
            type=movement.type,
        )
    )


def retrieve(account: Account, _: Parameters, id_: str) -> Json:
    return account.balance_transactions.retrieve(id_)


def list_(account: Account, parameters: ListBalanceTransactions) -> Json:
    return page(
        account.balance_transactions.newest_first(),
        parameters,
        url="/v1/balance_transactions",
        noun=account.balance_transactions.noun,
        keep=matches(parameters, "created", "currency", "source", "type"),
    )
