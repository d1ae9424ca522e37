from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkout.domain.decisions import STATUS_CHANGES
from checkout.domain.order import Order, OrderStatus
from checkout.domain.parts import KINDS
from tests.support.interpreter import packages_loaded_by
from tests.support.stack import LAYER
from tests.support.stripe_objects import ORDER_ID, checkout

STATUSES = st.sampled_from(OrderStatus)


def state_after(facts: list[OrderStatus]) -> OrderStatus | None:
    """Apply facts as the table does: the first one is taken, then each that covers the state."""
    state: OrderStatus | None = None
    for status in facts:
        if state is None or state in status.weaker:
            state = status
    return state


@given(
    st.lists(STATUSES, min_size=1).flatmap(
        lambda facts: st.tuples(st.just(facts), st.permutations(facts + facts))
    )
)
def test_any_order_and_any_copies_of_facts_end_in_the_same_state(
    histories: tuple[list[OrderStatus], list[OrderStatus]],
) -> None:
    facts, shuffled_with_copies = histories
    assert state_after(shuffled_with_copies) == state_after(facts)


@given(before=st.lists(STATUSES), after=st.lists(STATUSES))
def test_paid_survives_every_other_fact(
    before: list[OrderStatus], after: list[OrderStatus]
) -> None:
    assert state_after([*before, OrderStatus.PAID, *after]) is OrderStatus.PAID


@given(STATUSES)
def test_a_fact_never_covers_its_own_status(status: OrderStatus) -> None:
    assert status not in status.weaker


def test_statuses_form_one_chain_from_open_to_paid() -> None:
    ranked = sorted(OrderStatus, key=lambda status: len(status.weaker))
    assert ranked[0] is OrderStatus.OPEN
    assert ranked[-1] is OrderStatus.PAID
    assert all(weaker in stronger.weaker for weaker, stronger in pairwise(ranked))


def test_a_payment_that_began_after_all_outranks_an_expiry() -> None:
    assert OrderStatus.EXPIRED in OrderStatus.PROCESSING.weaker


def test_an_order_begins_without_parts() -> None:
    order = Order(order_id=ORDER_ID, checkout=checkout(OrderStatus.OPEN), version=1)
    assert [order.parts_of(kind) for kind in KINDS] == [{}] * len(KINDS)


def test_each_status_is_announced_as_a_change_of_its_own() -> None:
    assert set(STATUS_CHANGES) == set(OrderStatus)
    assert len(set(STATUS_CHANGES.values())) == len(OrderStatus)
    assert STATUS_CHANGES[OrderStatus.PAID] == "order.paid"


@pytest.mark.parametrize(
    "module", ["checkout.domain.decisions", "checkout.domain.order", "checkout.errors"]
)
def test_the_domain_loads_no_aws_stripe_or_lambda_library(module: str) -> None:
    loaded = packages_loaded_by(f"import {module}", LAYER)
    assert "checkout" in loaded
    assert not loaded & {"boto3", "botocore", "stripe", "aws_lambda_powertools", "pydantic"}
