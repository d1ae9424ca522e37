"""Every kind of purchase: the actions in it, and the expected order at the end."""

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx

from local.machine.waiting import wait_for
from local.shop.customer import (
    DECLINED_CARD,
    FAILING_IBAN,
    GOOD_CARD,
    Frontend,
    new_idempotency_key,
    pay_by_bank_debit,
    pay_by_card,
)
from local.shop.merchant import LOSING, WINNING, Merchant
from local.shop.stripe_account import UNIT_AMOUNT

DISPUTING_CARD = "4000 0000 0000 0259"
REFUND_FAILING_CARD = "4000 0000 0000 5126"
PART = 500
# Seconds after which a page or a bank counts as broken.
WAIT_SECONDS = 60.0

type Json = dict[str, Any]


@dataclass(frozen=True)
class Shopping:
    """One purchase by people who retry after failures."""

    frontend: Frontend
    merchant: Merchant
    price: str
    chance: random.Random

    def checkout(self, **more: str) -> Json:
        key = new_idempotency_key()

        def ask() -> Json:
            response = self.frontend.request_checkout(
                {"items": [{"price": self.price, "quantity": 1}], **more}, idempotency_key=key
            )
            created: Json = response.json()
            return created if response.status_code == HTTPStatus.CREATED else {}

        return wait_for(ask, "a checkout is created", seconds=WAIT_SECONDS)

    def come_back(self, session_id: str) -> None:
        """Confirm the payment, as some customers do after paying, some without success."""
        if self.chance.random() < 1 / 2:
            with suppress(httpx.TransportError):
                self.frontend.confirm(session_id)

    def wait_for_bank(self, session_id: str) -> None:
        intent = self.merchant.payment_intent(session_id)
        wait_for(
            lambda: self.merchant.sdk.v1.payment_intents.retrieve(intent).status != "processing",
            f"the bank responds for {intent}",
            seconds=WAIT_SECONDS,
        )


def card(shopping: Shopping, bought: Json, number: str = GOOD_CARD) -> None:
    pay_by_card(bought["url"], number)
    shopping.come_back(bought["session_id"])


def declined_then_paid(shopping: Shopping, bought: Json) -> None:
    pay_by_card(bought["url"], DECLINED_CARD)
    card(shopping, bought)


def bank_debit(shopping: Shopping, bought: Json) -> None:
    pay_by_bank_debit(bought["url"])
    shopping.come_back(bought["session_id"])
    shopping.wait_for_bank(bought["session_id"])


def failing_bank_debit(shopping: Shopping, bought: Json) -> None:
    pay_by_bank_debit(bought["url"], FAILING_IBAN)
    shopping.come_back(bought["session_id"])
    shopping.wait_for_bank(bought["session_id"])


def expired(shopping: Shopping, bought: Json) -> None:
    shopping.merchant.expire(bought["session_id"])


def abandoned(shopping: Shopping, bought: Json) -> None:
    shopping.come_back(bought["session_id"])


def replaced(shopping: Shopping, bought: Json) -> None:
    """The cart changes: a new checkout replaces the first, which is not paid."""
    shopping.checkout(replaces=bought["session_id"])


def partly_refunded(shopping: Shopping, bought: Json) -> None:
    card(shopping, bought)
    shopping.merchant.refund(bought["session_id"], PART)


def refunded_unmarked(shopping: Shopping, bought: Json) -> None:
    """The payment's metadata, which links a refund to its order, is removed."""
    card(shopping, bought)
    shopping.merchant.edit_payment(bought["session_id"])
    shopping.merchant.refund(bought["session_id"], PART)


def refunded_mismarked(shopping: Shopping, bought: Json) -> None:
    """A plugin overwrites our order id in the metadata."""
    card(shopping, bought)
    shopping.merchant.edit_payment(bought["session_id"], order_id="SO-10023")
    shopping.merchant.refund(bought["session_id"], PART)


def fully_refunded(shopping: Shopping, bought: Json) -> None:
    partly_refunded(shopping, bought)
    shopping.merchant.refund(bought["session_id"])


def failed_refund(shopping: Shopping, bought: Json) -> None:
    card(shopping, bought, REFUND_FAILING_CARD)
    refund = shopping.merchant.refund(bought["session_id"])
    wait_for(
        lambda: shopping.merchant.sdk.v1.refunds.retrieve(refund.id).status == "failed",
        f"{refund.id} fails",
        seconds=WAIT_SECONDS,
    )


def disputed_and_won(shopping: Shopping, bought: Json) -> None:
    card(shopping, bought, DISPUTING_CARD)
    shopping.merchant.settle_dispute(bought["session_id"], WINNING)


def disputed_and_lost(shopping: Shopping, bought: Json) -> None:
    card(shopping, bought, DISPUTING_CARD)
    shopping.merchant.settle_dispute(bought["session_id"], LOSING)


@dataclass(frozen=True)
class Kind:
    """The expected end of an order, for any source and arrival order of its facts."""

    buy: Callable[[Shopping, Json], None]
    status: str = "paid"
    amount_refunded: int = 0
    dispute_status: str | None = None


KINDS = {
    "card": Kind(card),
    "declined, then paid": Kind(declined_then_paid),
    "bank debit": Kind(bank_debit),
    "bank debit that fails": Kind(failing_bank_debit, status="failed"),
    "expired": Kind(expired, status="expired"),
    "abandoned": Kind(abandoned, status="open"),
    "replaced": Kind(replaced, status="expired"),
    "partly refunded": Kind(partly_refunded, amount_refunded=PART),
    "refunded, unmarked": Kind(refunded_unmarked, amount_refunded=PART),
    "refunded, mismarked": Kind(refunded_mismarked, amount_refunded=PART),
    "fully refunded": Kind(fully_refunded, amount_refunded=UNIT_AMOUNT),
    "refund that fails": Kind(failed_refund),
    "disputed and won": Kind(disputed_and_won, dispute_status="won"),
    "disputed and lost": Kind(disputed_and_lost, dispute_status="lost"),
}
