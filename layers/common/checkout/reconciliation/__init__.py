"""Reconciliation: what webhooks missed is repaired from Stripe's objects."""

from checkout.reconciliation.attempts import SECONDS_TO_STOP, Report
from checkout.reconciliation.reconcile import Reconciliation
from checkout.reconciliation.selected import SelectedOrders, selection

__all__ = ["SECONDS_TO_STOP", "Reconciliation", "Report", "SelectedOrders", "selection"]
