"""One Stripe account in memory: its objects by kind, and their hidden state."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from stripe_simulator.api.errors import NoSuchObject
from stripe_simulator.documents import Json
from stripe_simulator.identifiers import new_id
from stripe_simulator.objects.instruments import Instrument
from stripe_simulator.objects.schedule import Schedule
from stripe_simulator.objects.shapes import change
from stripe_simulator.settings import Settings

type Record = Callable[[str, Json, Json | None], None]


class Collection:
    """The objects of one kind, oldest first.

    `noun` and `param` are their names in Stripe's error for an unknown id.
    """

    def __init__(self, noun: str, param: str) -> None:
        self.noun = noun
        self.param = param
        self._objects: dict[str, Json] = {}

    def add(self, object_: Json) -> Json:
        self._objects[object_["id"]] = object_
        return object_

    def replace(self, objects: Iterable[Json]) -> None:
        self._objects = {one["id"]: one for one in objects}

    def remove(self, id_: str) -> None:
        del self._objects[id_]

    def __len__(self) -> int:
        return len(self._objects)

    def __contains__(self, id_: str) -> bool:
        return id_ in self._objects

    def __iter__(self) -> Iterator[Json]:
        return iter(self._objects.values())

    def __reversed__(self) -> Iterator[Json]:
        return reversed(self._objects.values())

    def find(self, id_: str) -> Json | None:
        return self._objects.get(id_)

    def __getitem__(self, id_: str) -> Json:
        """Return an object by a reference of the simulator's own, which must exist."""
        return self._objects[id_]

    def retrieve(self, id_: str) -> Json:
        """Return the object of an id in a URL; raise NoSuchObject."""
        if id_ not in self._objects:
            raise NoSuchObject(self.noun, id_, param=self.param)
        return self._objects[id_]

    def named(self, id_: str, param: str) -> Json:
        """Return the object of an id in a parameter; raise NoSuchObject."""
        if id_ not in self._objects:
            raise NoSuchObject(self.noun, id_, param=param, status=400)
        return self._objects[id_]

    def newest_first(self) -> list[Json]:
        return list(reversed(self))


@dataclass
class CheckoutFacts:
    """State of a Checkout Session that its object does not show."""

    line_items: list[Json]
    payment_intent_data: Json
    customer_creation: bool
    customer_update: Json = field(default_factory=dict)
    tax_rates: dict[str, list[str]] = field(default_factory=dict)
    """Tax rates by line item id."""
    optional_items: dict[str, str] = field(default_factory=dict)
    """Line items that the customer added: their ids by price id."""
    discounts: list[Json] = field(default_factory=list)
    """The discounts behind the session's `discounts`, in the same order."""
    shipping_rate: str | None = None
    save_method: bool = False
    """True if the customer wants to save the payment method."""
    country: str | None = None
    """The customer's country for automatic tax."""
    included: dict[str, Json] = field(default_factory=dict)
    """Values that responses include only if expanded: by object id, then field."""


@dataclass
class Account:
    settings: Settings
    clock: Callable[[], float]
    schedule: Schedule
    record: Record
    """Records an event from a type, an object, and an update's previous attributes."""
    id: str = field(default_factory=lambda: new_id("acct", 16))
    created: int = field(init=False)
    products: Collection = field(default_factory=lambda: Collection("product", "id"))
    prices: Collection = field(default_factory=lambda: Collection("price", "price"))
    customers: Collection = field(default_factory=lambda: Collection("customer", "id"))
    deleted_customers: Collection = field(default_factory=lambda: Collection("customer", "id"))
    sessions: Collection = field(default_factory=lambda: Collection("checkout.session", "session"))
    payment_methods: Collection = field(
        default_factory=lambda: Collection("PaymentMethod", "payment_method")
    )
    payment_intents: Collection = field(
        default_factory=lambda: Collection("payment_intent", "intent")
    )
    setup_intents: Collection = field(default_factory=lambda: Collection("setupintent", "intent"))
    charges: Collection = field(default_factory=lambda: Collection("charge", "id"))
    refunds: Collection = field(default_factory=lambda: Collection("refund", "refund"))
    disputes: Collection = field(default_factory=lambda: Collection("dispute", "dispute"))
    balance_transactions: Collection = field(
        default_factory=lambda: Collection("balance transaction", "id")
    )
    coupons: Collection = field(default_factory=lambda: Collection("coupon", "coupon"))
    promotion_codes: Collection = field(
        default_factory=lambda: Collection("promotion code", "promotion_code")
    )
    shipping_rates: Collection = field(
        default_factory=lambda: Collection("shipping rate", "shipping_rate_token")
    )
    tax_rates: Collection = field(default_factory=lambda: Collection("tax rate", "tax_rate"))
    automatic_tax_rates: Collection = field(
        default_factory=lambda: Collection("tax rate", "tax_rate")
    )
    invoices: Collection = field(default_factory=lambda: Collection("invoice", "invoice"))
    checkout: dict[str, CheckoutFacts] = field(default_factory=dict)
    coupon_products: dict[str, list[str]] = field(default_factory=dict)
    """The products that a coupon applies to, by coupon id; no entry means all."""
    instruments: dict[str, Instrument] = field(default_factory=dict)
    """The test values of payment methods, by payment method id."""

    def __post_init__(self) -> None:
        self.created = self.now()

    @property
    def livemode(self) -> bool:
        return self.settings.livemode

    @property
    def collections(self) -> list[Collection]:
        return [value for value in vars(self).values() if isinstance(value, Collection)]

    def find(self, id_: str) -> Json | None:
        """Return the object of an id, of any kind."""
        return next((one[id_] for one in self.collections if id_ in one), None)

    def now(self) -> int:
        return int(self.clock())

    def update(self, type_: str, object_: Json, changes: Json) -> Json:
        """Change an object and record the event; return the previous values of changed fields."""
        previous = {
            name: object_.get(name) for name, value in changes.items() if object_.get(name) != value
        }
        change(object_, changes)
        self.record(type_, object_, previous)
        return previous
