"""`/_assets/`: the stylesheet and the scripts of the simulator's pages."""

from pathlib import Path
from typing import override

from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER = Path(__file__).parent / "assets"


class Assets(StaticFiles):
    @override
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"  # Cached, and revalidated by ETag.
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def routes() -> list[Mount]:
    return [Mount("/_assets", Assets(directory=FOLDER))]
