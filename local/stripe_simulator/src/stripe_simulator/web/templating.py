"""The simulator's HTML pages: Jinja2 templates, which escape everything that comes from outside."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from stripe_simulator.objects.currencies import written

SHARED = Path(__file__).parent / "templates"
# Scripts, styles and connections are the simulator's own; a product's picture is anywhere.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' http: https:; base-uri 'none'"
)


def environment(folder: Path) -> Environment:
    """Templates of a folder, and of those that all pages share."""
    templates = Environment(
        loader=FileSystemLoader([folder, SHARED]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["money"] = written
    return templates


def html(
    content: str, status: int = 200, *, policy: str, referrer: str = "no-referrer"
) -> HTMLResponse:
    """A page that nobody stores. `policy` continues the content security policy."""
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": f"{POLICY}; {policy}",
        "Referrer-Policy": referrer,
        "X-Content-Type-Options": "nosniff",
    }
    return HTMLResponse(content, status, headers)
