"""Lists: newest first, in pages, each starting after an id of the previous page."""

from collections.abc import Callable, Sequence
from itertools import islice

from stripe_simulator.api.errors import InvalidRequest, NoSuchObject
from stripe_simulator.api.parameters import ListParameters
from stripe_simulator.api.values import Range
from stripe_simulator.documents import Json

EMBEDDED = 10


def page(
    everything: Sequence[Json],
    parameters: ListParameters,
    *,
    url: str,
    noun: str,
    keep: Callable[[Json], bool] = lambda _: True,
) -> Json:
    """Return a page of the objects that `keep` accepts; `everything` is newest first.

    `keep` need not accept the object that a page starts after: it may have changed since then.
    """
    if parameters.starting_after and parameters.ending_before:
        raise InvalidRequest(
            "You can only specify one of these parameters: starting_after, ending_before."
        )
    if parameters.ending_before:
        end = _position(everything, parameters.ending_before, noun, "ending_before")
        kept = [object_ for object_ in everything[:end] if keep(object_)]
        return _list(kept[-parameters.limit :], has_more=len(kept) > parameters.limit, url=url)
    begin = 0
    if parameters.starting_after:
        begin = _position(everything, parameters.starting_after, noun, "starting_after") + 1
    rest = filter(keep, islice(everything, begin, None))
    # One more than the page's limit shows whether there is another page.
    kept = list(islice(rest, parameters.limit + 1))
    return _list(kept[: parameters.limit], has_more=len(kept) > parameters.limit, url=url)


def matches(parameters: ListParameters, *filters: str) -> Callable[[Json], bool]:
    """Return a `keep` for `page`: the object's fields equal the parameters of the same names.

    A `Range` matches the timestamps in it; a parameter that was not given matches everything.
    """
    wanted = {name: value for name in filters if (value := getattr(parameters, name)) is not None}

    def kept(object_: Json) -> bool:
        return all(
            object_[name] in value if isinstance(value, Range) else object_.get(name) == value
            for name, value in wanted.items()
        )

    return kept


def embedded(objects: Sequence[Json], *, url: str) -> Json:
    """Return the list in an expanded object: the first ten; the rest is at `url`.

    https://docs.stripe.com/api/checkout/sessions/line_items ("the first handful"),
    https://docs.stripe.com/api/refunds/list ("the 10 most recent refunds").
    """
    return _list(objects[:EMBEDDED], has_more=len(objects) > EMBEDDED, url=url)


def _list(objects: Sequence[Json], *, has_more: bool, url: str) -> Json:
    return {"object": "list", "data": list(objects), "has_more": has_more, "url": url}


def _position(objects: Sequence[Json], id_: str, noun: str, param: str) -> int:
    for position, object_ in enumerate(objects):
        if object_["id"] == id_:
            return position
    raise NoSuchObject(noun, id_, param=param, status=400)
