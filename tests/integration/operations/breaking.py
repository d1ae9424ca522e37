"""Defects of a stack: each context manager breaks one thing, and repairs it at the end."""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from local.cloud.deploy import stack_outputs
from local.cloud.invocations import physical_name, reconcile
from local.cloud.stack import ALARM_EMAIL
from ops.functions import ALIAS, CREATE_SESSION, STRIPE_WEBHOOK
from tests.integration.operations.shop_at_stripe import (
    destinations,
    registered,
    store_secret,
    stored_secret,
)
from tests.integration.world import World

# Permissions that the service needs besides those for payments and disputes.
OTHERS_NEEDED = ("checkout_session_write", "payment_intent_read", "plan_read", "product_read")


@contextmanager
def no_sellable_price(world: World) -> Iterator[None]:
    sdk = world.simulator.sdk.v1
    listed = sdk.prices.list({"limit": 100}).to_dict()["data"]
    before = {one["id"]: one["metadata"] for one in listed}
    for price in before:
        sdk.prices.update(price, {"metadata": {"sellable": "false"}})
    try:
        yield
    finally:
        # An empty value removes the key, so that the product's value applies again.
        for price, metadata in before.items():
            marked = metadata.get("sellable", "")
            sdk.prices.update(price, {"metadata": {"sellable": marked}})


@contextmanager
def secret_with(world: World, **changes: object) -> Iterator[None]:
    before = stored_secret(world)
    store_secret(world, before | changes)
    try:
        yield
    finally:
        store_secret(world, before)


def a_missing_permission(world: World) -> AbstractContextManager[None]:
    return world.simulator.granting(*OTHERS_NEEDED, "charge_read")


def an_excess_permission(world: World) -> AbstractContextManager[None]:
    return world.simulator.granting(*OTHERS_NEEDED, "charge_write", "dispute_read")


def other_permissions(world: World) -> AbstractContextManager[None]:
    """Both of the above."""
    return world.simulator.granting(*OTHERS_NEEDED, "charge_write")


@contextmanager
def a_dead_letter(world: World) -> Iterator[None]:
    url = stack_outputs(world.stack.aws)["UnpublishedChangesQueueUrl"]
    world.stack.aws.queues.send_message(QueueUrl=url, MessageBody="{}")
    try:
        yield
    finally:
        world.stack.aws.queues.purge_queue(QueueUrl=url)


@contextmanager
def other_events(world: World) -> Iterator[None]:
    [one] = registered(world)
    destinations(world).receive(one, frozenset({"charge.refunded", "payout.paid"}))
    try:
        yield
    finally:
        destinations(world).receive(one)


@contextmanager
def no_subscriber(world: World) -> Iterator[None]:
    topic = stack_outputs(world.stack.aws)["AlarmsTopicArn"]
    topics = world.stack.aws.topics
    for one in topics.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]:
        topics.unsubscribe(SubscriptionArn=one["SubscriptionArn"])
    try:
        yield
    finally:
        topics.subscribe(TopicArn=topic, Protocol="email", Endpoint=ALARM_EMAIL)


@contextmanager
def without_permission(world: World, action: str) -> Iterator[None]:
    """Remove a permission of the function URL."""
    functions = world.stack.aws.functions
    name = physical_name(world.stack.aws, STRIPE_WEBHOOK)
    policy = json.loads(functions.get_policy(FunctionName=name, Qualifier=ALIAS)["Policy"])
    [statement] = [
        one
        for one in policy["Statement"]
        if one["Principal"] == "*" and one["Action"] == f"lambda:{action}"
    ]
    functions.remove_permission(FunctionName=name, Qualifier=ALIAS, StatementId=statement["Sid"])
    more: Any = (
        {"FunctionUrlAuthType": "NONE"}
        if action == "InvokeFunctionUrl"
        else {"InvokedViaFunctionUrl": True}
    )
    try:
        yield
    finally:
        functions.add_permission(
            FunctionName=name,
            Qualifier=ALIAS,
            StatementId=statement["Sid"],
            Action=statement["Action"],
            Principal="*",
            **more,
        )


@contextmanager
def no_alias(world: World) -> Iterator[None]:
    functions = world.stack.aws.functions
    name = physical_name(world.stack.aws, CREATE_SESSION)
    version = functions.get_alias(FunctionName=name, Name=ALIAS)["FunctionVersion"]
    functions.delete_alias(FunctionName=name, Name=ALIAS)
    try:
        yield
    finally:
        functions.create_alias(FunctionName=name, Name=ALIAS, FunctionVersion=version)


@contextmanager
def a_failed_run(world: World) -> Iterator[None]:
    fault = {"method": "GET", "path": "/v1/checkout/sessions", "status": 500, "times": 50}
    world.simulator.behave(faults=[fault])
    reconcile(world.stack.aws)
    world.simulator.behave_again()
    try:
        yield
    finally:
        reconcile(world.stack.aws)
