"""The cookies of a browser: who is signed in, and which organization is looked at."""

import hashlib
import secrets
from typing import Literal

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from prikke.config import Settings

# As long as browsers keep one. A session ends by the database: two weeks after it was last seen.
_SECONDS = 400 * 86_400
_BYTES = 32


def new_token() -> str:
    """A token that nobody guesses, for a session or a link."""
    return secrets.token_urlsafe(_BYTES)


def token_hash(token: str) -> bytes:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode()).digest()


def session_hash(request: Request) -> bytes | None:
    """The hash of the session in the request; None for somebody who has none."""
    settings: Settings = request.app.state.settings
    token = request.cookies.get(_name("session", settings))
    return token_hash(token) if token else None


def keep_session(response: Response, settings: Settings, token: str) -> None:
    """Sign this browser in."""
    _set(response, settings, "session", token, _SECONDS, "lax")


def forget_session(response: Response, settings: Settings) -> None:
    """Sign this browser out."""
    _set(response, settings, "session", "", 0, "lax")


def chosen_organization(request: Request) -> str | None:
    """The slug of the organization to show: that of the link, else the one looked at last."""
    return request.query_params.get("organization") or kept_organization(request)


def kept_organization(request: Request) -> str | None:
    """The slug of the organization looked at last."""
    settings: Settings = request.app.state.settings
    return request.cookies.get(_name("organization", settings))


def keep_organization(response: Response, settings: Settings, slug: str) -> None:
    """Show this organization from now on."""
    _set(response, settings, "organization", slug, _SECONDS, "lax")


class KeepsOrganization:
    """Goes on to show the organization that a form acted on (`request.state.organization`)."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_kept(message: Message) -> None:
            slug = scope.get("state", {}).get("organization")
            if message["type"] == "http.response.start" and slug is not None:
                kept = Response()
                keep_organization(kept, self._settings, slug)
                MutableHeaders(scope=message).append("Set-Cookie", kept.headers["set-cookie"])
            await send(message)

        await self._app(scope, receive, send_kept if scope["type"] == "http" else send)


def _name(name: str, settings: Settings) -> str:
    secure = settings.public_url.startswith("https:")
    return f"__Host-prikke_{name}" if secure else f"prikke_{name}"


def _set(
    response: Response,
    settings: Settings,
    name: str,
    value: str,
    seconds: int,
    same_site: Literal["lax", "strict"],
) -> None:
    response.set_cookie(
        _name(name, settings),
        value,
        max_age=seconds,
        path="/",
        secure=settings.public_url.startswith("https:"),
        httponly=True,
        samesite=same_site,
    )
