"""All checks, ordered so that a failed one explains the failures after it."""

from ops.doctor import aws, options, stripe_account, webhook
from ops.doctor.examination import Check

CHECKS = (
    Check("AWS identity", aws.identity, essential=True),
    Check("stack", aws.stack, essential=True),
    Check("deployment", aws.deployment),
    Check("functions", aws.functions),
    Check("function URL permissions", aws.url_permissions),
    Check("secret", webhook.secret_shape),
    Check("Stripe key", stripe_account.key),
    Check("Stripe permissions", stripe_account.permissions),
    Check("no other Stripe permissions", stripe_account.excess_permissions),
    Check("Stripe account", stripe_account.account),
    Check("event destination", stripe_account.destination),
    Check("event types", stripe_account.event_types),
    Check("API version", stripe_account.api_version),
    Check("unsigned request", webhook.unsigned),
    Check("signing secrets", webhook.signing_secrets),
    Check("ping", webhook.ping),
    Check("sellable prices", stripe_account.prices),
    Check("options", options.deployed),
    Check("options at Stripe", options.at_stripe),
    Check("allowed origins", webhook.origins),
    Check("orders table", aws.table),
    Check("dead-letter queues", aws.queues),
    Check("reconciliation", aws.reconciliation),
    Check("alarms", aws.alarms),
)
