"""Reconciliation: repairs orders from Stripe's objects when webhooks were missed."""

from checkout.reconciliation.attempts import SECONDS_TO_STOP, Report
from checkout.reconciliation.reconcile import Reconciliation
from checkout.reconciliation.selected import SelectedOrders, selection

__all__ = ["SECONDS_TO_STOP", "Reconciliation", "Report", "SelectedOrders", "selection"]
