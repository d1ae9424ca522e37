"""A message for each change of an order, from the table's stream."""

import json
from dataclasses import asdict
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from checkout.GONE_order import DisputeStatus, RefundStatus

from checkout.aws.publishing import OrderMessage, Publisher, order_message
from checkout.domain.changes import PUBLISHED, ChangeType
from checkout.domain.facts import Origin
from checkout.domain.order import OrderStatus
from tests.unit.aws_calls import AwsCalls, breaks
from tests.unit.conftest import ONE_TRY
from tests.unit.purchases import dispute, refund
from tests.unit.queues import Subscriber
from tests.unit.stack import TOPIC_ARN, load_template
from tests.unit.streams import records_of
from tests.unit.stripe_objects import (
    CREATED_AT,
    FINGERPRINT,
    NOW,
    ORDER_ID,
    PAYMENT_INTENT,
    SESSION_ID,
    fact,
)

type Json = dict[str, Any]

PAID = OrderStatus.PAID


def messages(records: list[Json]) -> list[OrderMessage]:
    return [order_message(record["dynamodb"]["NewImage"]) for record in records]


def test_tells_the_change_and_the_order_as_it_was_then() -> None:
    occurred_at = NOW - 60
    (told,) = messages(records_of(fact(PAID, origin=Origin(occurred_at=occurred_at, source="e"))))
    assert told == OrderMessage(
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
        amount_total=4200,
        amount_refunded=0,
        currency="eur",
        dispute_status=None,
        dispute_reason=None,
    )


def test_tells_a_refund_and_a_dispute_beside_what_is_paid() -> None:
    *_, refunded, disputed = messages(
        records_of(
            fact(PAID),
            refund("re_1", RefundStatus.SUCCEEDED, 700, "evt_2"),
            dispute("dp_1", DisputeStatus.NEEDS_RESPONSE, "evt_3"),
        )
    )
    assert (refunded.type, refunded.status) == ("order.refunded", "paid")
    assert (refunded.amount_refunded, refunded.amount_total) == (700, 4200)
    assert (disputed.type, disputed.amount_refunded) == ("order.dispute_opened", 700)
    assert (disputed.dispute_status, disputed.dispute_reason) == ("needs_response", "fraudulent")


def test_each_change_of_an_order_has_an_id_of_its_own_and_the_same_one_every_time() -> None:
    records = records_of(fact(OrderStatus.PROCESSING), fact(OrderStatus.FAILED), fact(PAID))
    told = messages(records)
    assert [(message.id, message.version) for message in told] == [
        (f"{ORDER_ID}:{version}", version) for version in (1, 2, 3)
    ]
    assert messages(records) == told


def test_what_an_order_does_not_have_is_null() -> None:
    (told,) = messages(records_of(fact(OrderStatus.EXPIRED, client_reference_id=None)))
    assert (told.payment_intent, told.client_reference_id) == (None, None)


def test_a_message_is_plain_json_without_what_is_ours_alone() -> None:
    (told,) = messages(records_of(fact(PAID)))
    text = json.dumps(asdict(told))
    assert FINGERPRINT not in text
    assert str(CREATED_AT) not in text
    assert all(isinstance(value, str | int | None) for value in asdict(told).values())


def test_what_is_published_is_what_the_streams_filter_lets_through() -> None:
    resources = load_template()["Resources"]
    mapping = resources["PublishChangesFunction"]["Properties"]["Events"]["Changes"]["Properties"]
    (each,) = mapping["FilterCriteria"]["Filters"]
    assert json.loads(each["Pattern"]) == {
        "eventName": ["INSERT", "MODIFY"],
        "dynamodb": {"NewImage": {"change": {"M": {"type": {"S": [*PUBLISHED]}}}}},
    }


def test_what_stays_in_the_history_is_what_nobody_acts_on() -> None:
    assert set(ChangeType) - set(PUBLISHED) == {
        ChangeType.CREATED,
        ChangeType.PAYMENT_DECLINED,
        ChangeType.REFUND_UPDATED,
        ChangeType.DISPUTE_UPDATED,
    }


def test_publishes_with_the_type_as_an_attribute(subscriber: Subscriber) -> None:
    (told,) = messages(records_of(fact(PAID)))
    Publisher(boto3.client("sns", config=ONE_TRY), TOPIC_ARN).publish(told)
    (envelope,) = subscriber.envelopes()
    assert json.loads(envelope["Message"]) == asdict(told)
    assert envelope["TopicArn"] == TOPIC_ARN
    assert envelope["MessageAttributes"] == {"type": {"Type": "String", "Value": "order.paid"}}


def test_a_topic_that_does_not_answer_is_an_error(subscriber: Subscriber, calls: AwsCalls) -> None:
    client = boto3.client("sns", config=ONE_TRY)
    calls.watch(client)
    (told,) = messages(records_of(fact(PAID)))
    with pytest.raises(ClientError, match="NotFound"):
        Publisher(client, f"{TOPIC_ARN}-gone").publish(told)
    calls.failure = breaks(EndpointConnectionError(endpoint_url="https://sns"))
    with pytest.raises(EndpointConnectionError):
        Publisher(client, TOPIC_ARN).publish(told)
    assert calls.made == ["Publish", "Publish"]
    assert subscriber.messages() == []
