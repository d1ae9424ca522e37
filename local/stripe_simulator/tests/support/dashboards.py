"""The dashboard, driven as a browser without scripts does it."""

from dataclasses import dataclass

import httpx

from stripe_simulator.testing import Running
from support.pages import Page


@dataclass(frozen=True)
class Dashboard:
    simulator: Running

    def open(self, path: str) -> Page:
        response = self.simulator.request("GET", path)
        assert response.status_code == 200, response.text
        return Page(response.text)

    def post(self, path: str, action: str, /, **typed: str) -> httpx.Response:
        """Fill in and send a form of a page. A box is ticked by its value, and not by ""."""
        page = self.open(path)
        form = page.form(method="post", action=action)
        fields = page.inputs(form) | typed
        data = {name: value for name, value in fields.items() if value or name not in typed}
        headers = {"Origin": self.simulator.url, "Sec-Fetch-Site": "same-origin"}
        return self.simulator.request("POST", action, data=data, headers=headers)

    def press(self, path: str, action: str, /, **typed: str) -> Page:
        """The page that follows."""
        response = self.post(path, action, **typed)
        assert response.status_code == 303, response.text
        return self.open(response.headers["Location"])

    def refused(self, path: str, action: str, /, **typed: str) -> tuple[int, Page]:
        """The page again, with what was wrong."""
        response = self.post(path, action, **typed)
        return response.status_code, Page(response.text)


def cells(page: Page, table: str) -> list[list[str]]:
    """A table's rows, without its heads."""
    (body,) = [one for one in page.all("tbody") if one.within(page.one("table", id_=table))]
    return [
        [one.text for one in page.elements if one.tag in {"td", "th"} and one.within(row)]
        for row in page.all("tr")
        if row.within(body)
    ]
