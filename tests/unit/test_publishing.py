"""A message for each change of an order, from the table's stream."""

import json
from dataclasses import asdict

import pytest
from botocore.exceptions import EndpointConnectionError

from checkout.aws.dead_letters import UnpublishedChanges
from checkout.aws.publishing import OrderMessage, Publisher, order_message
from checkout.domain.changes import PUBLISHED, ChangeType
from checkout.domain.facts import Origin
from checkout.domain.order import OrderStatus
from tests.support.aws_calls import AwsCalls, breaks
from tests.support.documents import Json
from tests.support.environment import client_under_test
from tests.support.purchases import dispute, refund
from tests.support.queues import Subscriber
from tests.support.stack import TOPIC_ARN, load_template
from tests.support.streams import records_of
from tests.support.stripe_objects import (
    CREATED_AT,
    FINGERPRINT,
    ITEM,
    NOW,
    ORDER_ID,
    PAYMENT_INTENT,
    SESSION_ID,
    fact,
)

PAID = OrderStatus.PAID


def messages(records: list[Json]) -> list[OrderMessage]:
    return [order_message(record["dynamodb"]["NewImage"]) for record in records]


def test_a_message_has_the_change_and_the_order() -> None:
    occurred_at = NOW - 60
    origin = Origin(occurred_at=occurred_at, source="e")
    (message,) = messages(records_of(fact(PAID, origin=origin)))
    assert message == OrderMessage(
        id=f"{ORDER_ID}:1",
        type="order.paid",
        occurred_at=occurred_at,
        version=1,
        order_id=ORDER_ID,
        session_id=SESSION_ID,
        payment_intent=PAYMENT_INTENT,
        client_reference_id="cart-77",
        status="paid",
        payment_status="paid",
        amount_subtotal=4200,
        amount_discount=0,
        amount_tax=0,
        amount_shipping=0,
        amount_total=4200,
        amount_captured=4200,
        amount_refunded=0,
        currency="eur",
        items=(ITEM,),
        dispute_status=None,
        dispute_reason=None,
    )


def test_a_message_has_refunds_and_disputes_too() -> None:
    *_, refunded, disputed = messages(
        records_of(
            fact(PAID),
            refund("re_1", "succeeded", 700, "evt_2"),
            dispute("dp_1", "needs_response", "evt_3"),
        )
    )
    assert (refunded.type, refunded.status) == ("order.refunded", "paid")
    assert (refunded.amount_refunded, refunded.amount_total) == (700, 4200)
    assert (disputed.type, disputed.amount_refunded) == ("order.dispute_opened", 700)
    assert (disputed.dispute_status, disputed.dispute_reason) == ("needs_response", "fraudulent")


def test_each_change_has_its_own_stable_id() -> None:
    records = records_of(fact(OrderStatus.PROCESSING), fact(OrderStatus.FAILED), fact(PAID))
    message = messages(records)
    assert [(message.id, message.version) for message in message] == [
        (f"{ORDER_ID}:{version}", version) for version in (1, 2, 3)
    ]
    assert messages(records) == message


def test_what_an_order_does_not_have_is_null() -> None:
    (message,) = messages(records_of(fact(OrderStatus.EXPIRED, client_reference_id=None)))
    assert (message.payment_intent, message.client_reference_id) == (None, None)


def test_a_message_is_plain_json_without_what_is_ours_alone() -> None:
    (message,) = messages(records_of(fact(PAID)))
    text = json.dumps(asdict(message))
    assert FINGERPRINT not in text
    assert str(CREATED_AT) not in text
    document = json.loads(text)
    (item,) = document.pop("items")
    assert item == {
        "price": "price_1Mug",
        "product": "prod_1Mug",
        "lookup_key": "mug",
        "quantity": 2,
        "amount_total": 4200,
    }
    assert all(isinstance(value, str | int | None) for value in document.values())


def test_an_order_from_before_items_is_published_without_them() -> None:
    (old,) = records_of(fact(PAID))
    for name in ("items", "amount_subtotal", "amount_discount", "amount_tax", "amount_shipping"):
        del old["dynamodb"]["NewImage"][name]
    (message,) = messages([old])
    assert (message.items, message.amount_subtotal, message.amount_total) == (None, None, 4200)


@pytest.mark.parametrize("status", ["frozen", "warning_frozen"])
def test_an_unknown_status_of_a_part_is_published(status: str) -> None:
    _, refunded, disputed = messages(
        records_of(fact(PAID), refund("re_1", status, 7, "e"), dispute("dp_1", status, "e"))
    )
    assert (refunded.type, refunded.amount_refunded) == ("order.refunded", 7)
    assert (disputed.type, disputed.dispute_status) == ("order.dispute_opened", status)


def test_an_inquiry_that_becomes_a_chargeback_is_published() -> None:
    *_, escalated = messages(
        records_of(
            fact(PAID),
            dispute("dp_1", "warning_needs_response", "e1"),
            dispute("dp_1", "warning_under_review", "e2"),
            dispute("dp_1", "needs_response", "e3"),
        )
    )
    assert (escalated.type, escalated.dispute_status) == ("order.dispute_opened", "needs_response")


def test_published_types_pass_the_streams_filter() -> None:
    resources = load_template()["Resources"]
    mapping = resources["PublishChangesFunction"]["Properties"]["Events"]["Changes"]["Properties"]
    (each,) = mapping["FilterCriteria"]["Filters"]
    assert json.loads(each["Pattern"]) == {
        "eventName": ["INSERT", "MODIFY"],
        "dynamodb": {"NewImage": {"change": {"M": {"type": {"S": [*PUBLISHED]}}}}},
    }


def test_unpublished_types_need_no_action() -> None:
    assert set(ChangeType) - set(PUBLISHED) == {
        ChangeType.CREATED,
        ChangeType.PAYMENT_DECLINED,
        ChangeType.REFUND_UPDATED,
        ChangeType.DISPUTE_UPDATED,
    }


def nothing_unpublished() -> UnpublishedChanges:
    raise AssertionError("There is nothing to dead-letter.")


def test_publishes_with_the_type_as_an_attribute(subscriber: Subscriber) -> None:
    records = records_of(fact(PAID))
    client = client_under_test("sns")
    assert Publisher(client, TOPIC_ARN, nothing_unpublished).publish_all(records) is None
    (envelope,) = subscriber.envelopes()
    (message,) = messages(records)
    assert envelope["Message"] == json.dumps(asdict(message))
    assert envelope["TopicArn"] == TOPIC_ARN
    assert envelope["MessageAttributes"] == {"type": {"Type": "String", "Value": "order.paid"}}


def test_a_topic_that_does_not_respond_is_tried_again(
    subscriber: Subscriber, calls: AwsCalls
) -> None:
    client = client_under_test("sns")
    calls.watch(client)
    records = records_of(fact(OrderStatus.PROCESSING), fact(PAID))
    number = records[0]["dynamodb"]["SequenceNumber"]
    gone = Publisher(client, f"{TOPIC_ARN}-gone", nothing_unpublished)
    assert gone.publish_all(records) == number
    calls.failure = breaks(EndpointConnectionError(endpoint_url="https://sns"))
    assert Publisher(client, TOPIC_ARN, nothing_unpublished).publish_all(records) == number
    assert calls.made == ["Publish", "Publish"]
    assert subscriber.messages() == []
