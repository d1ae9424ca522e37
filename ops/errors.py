"""What an operator is told when a command can't do its work."""

import stripe
from botocore.exceptions import BotoCoreError, ClientError

from checkout.stripe.errors import missing_permission


class OpsError(Exception):
    """The text is one line for the operator, and says what to do. It holds no secret."""


class UsageError(OpsError):
    """The command was called in a way that can't work; nothing was done."""


def explained(error: ClientError | BotoCoreError | stripe.StripeError) -> str:
    """Say what AWS or Stripe refused, without Stripe's texts about keys, which quote parts."""
    match error:
        case ClientError():
            said = error.response["Error"]
            return f"AWS refused {error.operation_name}: {said['Code']}: {said['Message']}"
        case BotoCoreError():
            return f"AWS: {error}"
        case stripe.AuthenticationError():
            return "Stripe does not accept the API key."
        case stripe.PermissionError():
            return f"The Stripe API key lacks the permission {missing_permission(error)}."
        case stripe.APIConnectionError():
            return "Stripe can't be reached."
        case _:
            return f"Stripe refused the request: {error.user_message or error.code}"
