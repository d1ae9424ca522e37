"""/v1/disputes. `dispute_cases` has the states of a dispute."""

from typing import Literal

from pydantic import Field

from stripe_simulator.api.errors import InvalidRequest, NoSuchObject
from stripe_simulator.api.lists import matches, page
from stripe_simulator.api.parameters import Fields, ListParameters, Parameters
from stripe_simulator.api.values import Boolean, MetadataChanges, Period, Text, TextOrUnset
from stripe_simulator.documents import Json
from stripe_simulator.objects import dispute_cases, metadata
from stripe_simulator.objects.account import Account

# File ids, which the simulator does not support.
FILES = frozenset(
    {
        *("cancellation_policy", "customer_communication", "customer_signature"),
        *("duplicate_charge_documentation", "receipt", "refund_policy", "service_documentation"),
        *("shipping_documentation", "uncategorized_file"),
    }
)


class Evidence(Fields):
    access_activity_log: TextOrUnset = None
    billing_address: TextOrUnset = None
    cancellation_policy: TextOrUnset = None
    cancellation_policy_disclosure: TextOrUnset = None
    cancellation_rebuttal: TextOrUnset = None
    customer_communication: TextOrUnset = None
    customer_email_address: TextOrUnset = None
    customer_name: TextOrUnset = None
    customer_purchase_ip: TextOrUnset = None
    customer_signature: TextOrUnset = None
    duplicate_charge_documentation: TextOrUnset = None
    duplicate_charge_explanation: TextOrUnset = None
    duplicate_charge_id: TextOrUnset = None
    product_description: TextOrUnset = None
    receipt: TextOrUnset = None
    refund_policy: TextOrUnset = None
    refund_policy_disclosure: TextOrUnset = None
    refund_refusal_explanation: TextOrUnset = None
    service_date: TextOrUnset = None
    service_documentation: TextOrUnset = None
    shipping_address: TextOrUnset = None
    shipping_carrier: TextOrUnset = None
    shipping_date: TextOrUnset = None
    shipping_documentation: TextOrUnset = None
    shipping_tracking_number: TextOrUnset = None
    uncategorized_file: TextOrUnset = None
    uncategorized_text: TextOrUnset = None


class UpdateDispute(Parameters):
    evidence: Evidence = Field(default_factory=Evidence)
    intended_submission_method: (
        Literal["manual", "prefer_manual", "prefer_smart_disputes", "smart_disputes"] | None
    ) = None
    metadata: MetadataChanges = Field(default_factory=dict)
    submit: Boolean = True


class ListDisputes(ListParameters):
    charge: Text | None = None
    created: Period | None = None
    payment_intent: Text | None = None


def retrieve(account: Account, _: Parameters, id_: str) -> Json:
    return account.disputes.retrieve(id_)


def update(account: Account, parameters: UpdateDispute, id_: str) -> Json:
    """Update a dispute; evidence is submitted at once unless `submit` is false."""
    dispute = _open(account, id_)
    changes = metadata.merged(dispute, parameters.given())
    submit = changes.pop("submit", "evidence" in changes)
    evidence = parameters.evidence.given()
    _require_no_files(evidence)
    if "evidence" in changes:
        changes["evidence"] = dispute["evidence"] | evidence
    details = dispute["evidence_details"]
    if evidence:
        details = details | {"has_evidence": True}
    submitted = submit and details["has_evidence"]
    if submitted:
        details = details | {
            "submission_count": details["submission_count"] + 1,
            "submission_method": "manual",
        }
        changes["status"] = _under_review(dispute)
    account.update("charge.dispute.updated", dispute, changes | {"evidence_details": details})
    if submitted:
        dispute_cases.await_decision(account, dispute)
    return dispute


def close(account: Account, _: Parameters, id_: str) -> Json:
    dispute = _open(account, id_)
    dispute_cases.close(account, dispute)
    return dispute


def list_(account: Account, parameters: ListDisputes) -> Json:
    disputes = account.disputes.newest_first()
    return page(
        disputes,
        parameters,
        url="/v1/disputes",
        noun="dispute",
        keep=matches(parameters, "charge", "created", "payment_intent"),
    )


def _open(account: Account, id_: str) -> Json:
    dispute = account.disputes.retrieve(id_)
    if dispute["status"] in dispute_cases.CLOSED:
        raise InvalidRequest("This dispute is already closed")
    return dispute


def _require_no_files(evidence: Json) -> None:
    for name in FILES & evidence.keys():
        if evidence[name] is not None:
            param = f"evidence[{name}]"
            raise NoSuchObject("file upload", evidence[name], param=param, status=400)


def _under_review(dispute: Json) -> str:
    return "warning_under_review" if dispute_cases.is_inquiry(dispute) else "under_review"
