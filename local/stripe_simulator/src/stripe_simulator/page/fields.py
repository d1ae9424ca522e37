"""Form fields of the payment page, and their API parameters."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from stripe_simulator.api import form
from stripe_simulator.documents import Json


@dataclass(frozen=True)
class Field:
    """A form field, with its parameter of `POST /v1/payment_pages/{id}/confirm`.

    `also` are parameters sent with it. `unchecked` is the value of an unchecked box. A field that
    `updates` changes the amounts.
    """

    name: str
    param: str
    label: str
    id: str = ""
    type: str = "text"
    options: Sequence[tuple[str, str]] = ()
    value: str = ""
    required: bool = True
    autocomplete: str = "off"
    maximum: int | None = None
    minimum: int | None = None
    also: Sequence[tuple[str, str]] = ()
    unchecked: str | None = None
    updates: bool = False

    @property
    def id_(self) -> str:
        return self.id or self.name


@dataclass(frozen=True)
class Group:
    heading: str
    fields: Sequence[Field]
    text: str = ""
    applies: str = ""
    """The label of the button that updates the amounts; "" without one."""


@dataclass(frozen=True)
class Asked:
    order: Sequence[Group] = field(default_factory=list)
    details: Sequence[Group] = field(default_factory=list)
    payment: Sequence[Group] = field(default_factory=list)
    consent: Sequence[Group] = field(default_factory=list)

    @property
    def fields(self) -> list[Field]:
        groups = (*self.order, *self.details, *self.payment, *self.consent)
        return [one for group in groups for one in group.fields]

    @property
    def updates(self) -> bool:
        return any(one.updates for one in self.fields)

    def named(self, param: str | None) -> str:
        """Return the field of a parameter in Stripe's error; "" if there is none."""
        for one in self.fields:
            if param and (one.param == param or one.param.startswith(f"{param}[")):
                return one.name
        return ""

    def parameters(self, values: dict[str, str]) -> Json:
        """Return a posted form's parameters, without empty fields."""
        pairs: list[tuple[str, str]] = []
        for one in self.fields:
            value = values.get(one.name, one.unchecked or "").strip()
            if one.param and (value or (one.name == "promotion_code" and one.name in values)):
                pairs += [(one.param, value), *one.also]
        return dict(form.parse(urlencode(pairs)))
