"""The version of a deployed stack is visible."""

from checkout.version import VERSION
from local.cloud.deploy import stack_outputs
from local.cloud.function_logs import wait_for_entry
from tests.integration.world import World


def test_the_stack_and_its_logs_report_the_version(world: World) -> None:
    assert stack_outputs(world.stack.aws)["Version"] == VERSION
    event = world.simulator.event_about(world.paid()["session_id"], "checkout.session.completed")
    wait_for_entry(world.stack.aws, message="processed", event_id=event["id"], version=VERSION)
