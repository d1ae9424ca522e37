"""Screens of the dashboard, and actions, which are forms on screens."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

from stripe_simulator.documents import Json
from stripe_simulator.simulator import Simulator

LATEST = 100

type Form = Mapping[str, str]


@dataclass(frozen=True)
class Ask:
    """`id` is from a screen's path, `query` is the typed search."""

    id: str = ""
    query: str = ""


@dataclass(frozen=True)
class Screen:
    """`show` returns the template's variables, or raises StripeError for an unknown object. `load`
    runs first, and fetches data from outside the simulator.
    """

    path: str
    template: str
    show: Callable[[Simulator, Ask], Json]
    load: Callable[[Simulator], Awaitable[None]] | None = None


@dataclass(frozen=True)
class Action:
    """`run` takes the path's id and the form, and returns the path to redirect to. Its errors,
    StripeError or pydantic's ValidationError, are shown on the screen.
    """

    path: str
    run: Callable[[Simulator, str, Form], str]
    screen: Screen
    notice: str

    @property
    def slug(self) -> str:
        """The notice as a part of a URL."""
        return self.notice.lower().rstrip(".").replace(" ", "-")


def latest(objects: Iterable[Json], query: str, *names: str) -> list[Json]:
    """Return the newest objects, newest first, with the query in one of the named fields."""
    found = (one for one in objects if not query or any(query in str(one[name]) for name in names))
    return list(islice(found, LATEST))


def filled(form: Form, *names: str) -> dict[str, str]:
    """Return the named non-empty fields, as parameters of the API."""
    return {name: form[name].strip() for name in names if form.get(name, "").strip()}
