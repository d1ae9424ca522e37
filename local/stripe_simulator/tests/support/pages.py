"""A page as a browser without scripts has it: its elements, and what its forms would post."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"br", "hr", "img", "input", "link", "meta"})
EXCLUSIVE = frozenset({"checkbox", "radio"})


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    parent: "Element | None" = None
    texts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """That of the elements in it too."""
        return " ".join(" ".join(self.texts).split())

    def within(self, other: "Element") -> bool:
        return self is other or (self.parent is not None and self.parent.within(other))


class Page(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        element = Element(tag, given, self._open[-1] if self._open else None)
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop().tag != tag:
            continue

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.texts.append(data)

    @property
    def tags(self) -> set[str]:
        return {element.tag for element in self.elements}

    @property
    def texts(self) -> list[str]:
        return [element.text for element in self.elements]

    @property
    def links(self) -> dict[str, str]:
        """Their addresses by their names."""
        return {one.text: one.attributes["href"] for one in self.all("a")}

    @property
    def alert(self) -> str:
        return " ".join(one.text for one in self.all(role="alert"))

    def all(self, tag: str | None = None, **attributes: str) -> Iterator[Element]:
        """Those with such attributes: `type_` is `type`, `aria_invalid` is `aria-invalid`."""
        wanted = {name.rstrip("_").replace("_", "-"): one for name, one in attributes.items()}
        for element in self.elements:
            if tag in {None, element.tag} and wanted.items() <= element.attributes.items():
                yield element

    def one(self, tag: str | None = None, **attributes: str) -> Element:
        (element,) = self.all(tag, **attributes)
        return element

    def form(self, **attributes: str) -> Element:
        return self.one("form", **attributes)

    def inputs(self, form: Element | None = None) -> dict[str, str]:
        """What a form posts as the page has it; of all forms together without one."""
        posted = {}
        for element in self.elements:
            name = element.attributes.get("name")
            if name is None or (form is not None and not element.within(form)):
                continue
            if element.tag == "select":
                posted[name] = self._selected(element)
            elif element.tag == "textarea":
                posted[name] = "".join(element.texts)
            elif element.tag == "input" and _is_posted(element):
                posted[name] = element.attributes.get("value", "")
        return posted

    def _selected(self, select: Element) -> str:
        options = [one for one in self.all("option") if one.within(select)]
        chosen = [one for one in options if "selected" in one.attributes] or options[:1]
        return chosen[0].attributes.get("value", chosen[0].text) if chosen else ""


def _is_posted(element: Element) -> bool:
    return element.attributes.get("type") not in EXCLUSIVE or "checked" in element.attributes
