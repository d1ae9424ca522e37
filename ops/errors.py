"""What an operator is told when a command can't do its work."""


class OpsError(Exception):
    """The text is one line for the operator, and says what to do. It holds no secret."""


class UsageError(OpsError):
    """The command was called in a way that can't work; nothing was done."""
