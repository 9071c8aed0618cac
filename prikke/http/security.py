"""What holds for every answer: headers that browsers obey, and requests meant for this host."""

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from prikke.config import Settings
from prikke.http.replies import problem

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
# Load balancers and monitoring ask by address, not by name.
_ANY_HOST = frozenset({"/health", "/ready", "/metrics", "/api/openapi.json"})
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class SecurityHeaders:
    """Adds the headers; an answer that has one already keeps it."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._headers = {
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Content-Security-Policy": _POLICY,
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cache-Control": "no-store",
        }
        if settings.public_url.startswith("https:"):
            self._headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        if scope["type"] != "http":
            await self._app(scope, receive, send)
        else:
            await self._app(scope, receive, send_with_headers)


class OwnHost:
    """Refuses requests for another host than that of the base URL, from which links are built.

    Without a base URL only loopback names are ours.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._base = settings.base_url
        self._own = frozenset(filter(None, (_name(settings.public_url),)))
        if settings.base_url is None:
            self._own |= _LOOPBACK

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in _ANY_HOST or self._is_own(scope):
            await self._app(scope, receive, send)
            return
        answer = problem(
            Request(scope, receive),
            421,
            f"This is {self._base}: open that address."
            if self._base
            else "This host name is not known here.",
            code="wrong_host",
            hint=None if self._base else "The operator sets PRIKKE_BASE_URL to the address in use.",
        )
        await answer(scope, receive, send)

    def _is_own(self, scope: Scope) -> bool:
        hosts = Headers(scope=scope).getlist("host")
        return len(hosts) == 1 and _name(f"//{hosts[0]}") in self._own


def is_loopback(request: Request) -> bool:
    """Whether this machine itself asks, for itself, and not a proxy on it for somebody else."""
    client = request.client.host.removeprefix("::ffff:") if request.client else None
    forwarded = any(
        name in request.headers for name in ("forwarded", "x-forwarded-for", "x-real-ip", "via")
    )
    # The host keeps a web page from asking through its reader's browser.
    host = _name(f"//{request.headers.get('host', '')}")
    return client in _LOOPBACK and not forwarded and host in _LOOPBACK


def _name(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
