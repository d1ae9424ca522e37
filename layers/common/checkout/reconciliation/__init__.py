"""Reconciliation: what webhooks missed is repaired from Stripe's objects."""

from checkout.reconciliation.attempts import Report
from checkout.reconciliation.reconcile import Reconciliation

__all__ = ["Reconciliation", "Report"]
