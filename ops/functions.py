"""The functions of template.yaml by their logical ids, and the alias that callers invoke."""

CREATE_SESSION = "CreateSessionFunction"
CONFIRM_PAYMENT = "ConfirmPaymentFunction"
STRIPE_WEBHOOK = "StripeWebhookFunction"
LIST_PRICES = "ListPricesFunction"
RECONCILE = "ReconcileFunction"
PUBLISH_CHANGES = "PublishChangesFunction"

FUNCTIONS = (
    CREATE_SESSION,
    CONFIRM_PAYMENT,
    STRIPE_WEBHOOK,
    LIST_PRICES,
    RECONCILE,
    PUBLISH_CHANGES,
)
ALIAS = "live"
