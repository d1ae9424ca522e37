"""What the dashboard is made of: screens to see, and actions, each a form on a screen."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

from stripe_simulator.documents import Json
from stripe_simulator.simulator import Simulator

LATEST = 100

type Form = Mapping[str, str]


@dataclass(frozen=True)
class Ask:
    """`id` is in a screen's path, `query` what was typed into its search."""

    id: str = ""
    query: str = ""


@dataclass(frozen=True)
class Screen:
    """`show` gives what the template takes. It raises StripeError where there is no such object.
    `load` comes first, and gets what is not in the simulator.
    """

    path: str
    template: str
    show: Callable[[Simulator, Ask], Json]
    load: Callable[[Simulator], Awaitable[None]] | None = None


@dataclass(frozen=True)
class Action:
    """`run` gets the id of the path and the form, and gives the path to go on to. What it raises,
    StripeError or pydantic's ValidationError, is shown on the screen.
    """

    path: str
    run: Callable[[Simulator, str, Form], str]
    screen: Screen
    notice: str

    @property
    def slug(self) -> str:
        """The notice, in an address."""
        return self.notice.lower().rstrip(".").replace(" ", "-")


def latest(objects: Iterable[Json], query: str, *names: str) -> list[Json]:
    """The newest of `objects`, newest first, that have the query in one of the named fields."""
    found = (one for one in objects if not query or any(query in str(one[name]) for name in names))
    return list(islice(found, LATEST))


def filled(form: Form, *names: str) -> dict[str, str]:
    """The named fields that are not empty: parameters as the API takes them."""
    return {name: form[name].strip() for name in names if form.get(name, "").strip()}
