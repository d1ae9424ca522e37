"""The simulator's HTML pages: Jinja2 templates, which escape everything that comes from outside."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from stripe_simulator.objects.currencies import written

SHARED = Path(__file__).parent / "templates"
# Only the simulator's own scripts, styles and connections; pictures from any host.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' http: https:; base-uri 'none'"
)


def environment(folder: Path) -> Environment:
    """Return an environment with a folder's templates and the shared ones."""
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
    """Render a page that is not cached. `policy` is added to the content security policy."""
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": f"{POLICY}; {policy}",
        "Referrer-Policy": referrer,
        "X-Content-Type-Options": "nosniff",
    }
    return HTMLResponse(content, status, headers)
