"""The stack's functions, called by an operator who may invoke them and need no other right."""

from ops.dead_letters import Json, NotReplayed
from ops.errors import OpsError
from ops.replay import invoke
from ops.stack import Stack


def call_function(stack: Stack, logical_id: str, event: Json) -> Json:
    """Return a function's response, by its name in the template; raise OpsError with its error."""
    try:
        return invoke(
            stack.environment.aws.invocations, stack.function(logical_id), event, logical_id
        )
    except NotReplayed as error:
        raise OpsError(str(error)) from None
