"""Invokes the stack's functions, which needs no other permission of the operator."""

from ops.dead_letters import Json, NotReplayed
from ops.errors import OpsError
from ops.replay import invoke
from ops.stack import Stack


def call_function(stack: Stack, logical_id: str, event: Json) -> Json:
    """Invoke a function by its logical id; return its response, or raise OpsError."""
    try:
        return invoke(
            stack.environment.aws.invocations, stack.function(logical_id), event, logical_id
        )
    except NotReplayed as error:
        raise OpsError(str(error)) from None
