"""Checks at Stripe: the key, the event destination and the sellable prices."""

from checkout.stripe.catalogue import has_active_product, is_sellable
from ops.destinations import API_VERSION, EVENT_TYPES, Destination
from ops.doctor.examination import Examination, Failed
from ops.errors import OpsError
from ops.key_permissions import NEEDED, NOT_NEEDED, granted, require_same_account
from ops.stripe_keys import SETUP_KEY, is_restricted

CONNECT = "Run `connect`."
RESTRICT = (
    "Create a restricted key with only the permissions in docs/security.md, and store it with "
    "`rotate api-key`."
)


def key(examination: Examination) -> str:
    """Check that Stripe accepts the stored key; secret_shape checks its mode."""
    examination.service.v1.prices.list({"limit": 1})
    return "Stripe accepts it, in " + ("live mode" if examination.stack.livemode else "test mode")


def permissions(examination: Examination) -> str:
    missing = granted(examination.service, NEEDED, wanted=False)
    if missing:
        raise Failed(
            f"The key lacks: {', '.join(missing)}.",
            "Add them in Stripe's Dashboard, Developers, API keys.",
        )
    return ", ".join(one.name for one in NEEDED)


def excess_permissions(examination: Examination) -> str:
    if not is_restricted(examination.service_key):
        if examination.stack.livemode:
            raise Failed("It is a secret key, which has all permissions.", RESTRICT)
        return "a secret key, which has all permissions: enough for test mode"
    excess = granted(examination.service, NOT_NEEDED, wanted=True)
    if excess:
        raise Failed(
            f"The key has permissions that the service never uses: {', '.join(excess)}.", RESTRICT
        )
    return f"none of {', '.join(one.name for one in NOT_NEEDED)}"


def account(examination: Examination) -> str:
    """Check for one account: a webhook in another one works but gets none of our events."""
    if examination.setup_key is None:
        return f"not compared: {SETUP_KEY} is not set"
    try:
        require_same_account(examination.stack, examination.service_key, examination.setup_key)
    except OpsError as error:
        raise Failed(
            str(error),
            f"Set {SETUP_KEY} to a key of the service's account, or run `rotate api-key`.",
        ) from None
    return "the service's key and yours belong to the same account, as far as both may read"


def destination(examination: Examination) -> str:
    if examination.stack.event_bus:
        return examination.by_event_bus
    enabled = examination.enabled_destinations
    if len(enabled) != 1:
        ids = f" ({', '.join(one.id for one in enabled)})" if enabled else ""
        raise Failed(
            f"Stripe has {len(enabled)} enabled destinations for our URL{ids}: it must be one.",
            CONNECT,
        )
    return f"{enabled[0].id}, enabled"


def event_types(examination: Examination) -> str:
    if examination.stack.event_bus:
        return examination.by_event_bus
    events = _destination(examination).events
    missing, more = sorted(EVENT_TYPES - events), sorted(events - EVENT_TYPES)
    if missing or more:
        parts = [f"lacks {', '.join(missing)}"] if missing else []
        parts += [f"also receives {', '.join(more)}"] if more else []
        raise Failed(f"The destination {' and '.join(parts)}.", CONNECT)
    return f"exactly the {len(EVENT_TYPES)} that are handled"


def api_version(examination: Examination) -> str:
    if examination.stack.event_bus:
        return examination.by_event_bus
    found = _destination(examination)
    if found.payload != "snapshot" or found.api_version != API_VERSION:
        raise Failed(
            f"The destination sends {found.payload} events of version {found.api_version}, not "
            f"snapshots of {API_VERSION}.",
            CONNECT,
        )
    return API_VERSION


def prices(examination: Examination) -> str:
    only_marked = examination.stack.parameter("SellablePrices") == "marked"
    listed = examination.service.v1.prices.list(
        {"active": True, "type": "one_time", "limit": 100, "expand": ["data.product"]}
    )
    for price in listed.auto_paging_iter():
        found = price.to_dict()
        if is_sellable(found, only_marked=only_marked) and has_active_product(found):
            return f"{price.id}, for one"
    raise Failed(
        "Stripe has no active one-time price that this stack sells.",
        "Set the metadata sellable=true on prices or products in Stripe's Dashboard.",
    )


def _destination(examination: Examination) -> Destination:
    if not examination.enabled_destinations:
        raise Failed("There is no enabled destination for our URL.", CONNECT)
    return examination.enabled_destinations[0]
