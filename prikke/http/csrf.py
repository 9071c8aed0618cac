"""Forms are taken from our own pages only: a browser says where a form was sent from."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from prikke.config import Settings
from prikke.http.replies import problem

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# Programs come here, with a key, a token or a signature, and without cookies.
_PROGRAMS = ("/api/", "/complete/", "/webhooks/")


class SameOrigin:
    """Refuses what changes something unless it was sent from a page of ours.

    `Origin` says so; where a browser hides it (`null`), `Sec-Fetch-Site` does.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._base = settings.base_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] != "http"
            or scope["method"] in _SAFE
            or scope["path"].startswith(_PROGRAMS)
            or self._is_own(Headers(scope=scope))
        ):
            await self._app(scope, receive, send)
            return
        answer = problem(
            Request(scope, receive),
            403,
            "This form was not sent from a page of ours.",
            code="cross_site",
            hint="Open the page anew and send it from there.",
        )
        await answer(scope, receive, send)

    def _is_own(self, headers: Headers) -> bool:
        origin = headers.get("origin", "null")
        if origin != "null":
            own = urlsplit(self._base or f"http://{headers.get('host', '')}")
            return origin.lower() == f"{own.scheme}://{own.netloc}".lower()
        return headers.get("sec-fetch-site") == "same-origin"
