"""The web application: routes, what holds for every request, and the database behind it."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from prikke.config import Settings
from prikke.db import Caller, Database, open_database
from prikke.errors import PrikkeError
from prikke.http import billing_hooks, health
from prikke.http.api.routes import api_routes
from prikke.http.cookies import KeepsOrganization
from prikke.http.csrf import SameOrigin
from prikke.http.export import Exports
from prikke.http.forecasts import Forecasts
from prikke.http.fresh import Fresh
from prikke.http.invitations import mailing_invitations
from prikke.http.letters import Letters
from prikke.http.live import Live
from prikke.http.pages import landing, status
from prikke.http.pages.routes import page_routes
from prikke.http.replies import on_any_error, on_http_exception, on_prikke_error
from prikke.http.security import OwnHost, SecurityHeaders
from prikke.http.static import serve_static
from prikke.http.warm import warm_up
from prikke.keyring import Keyring

log = logging.getLogger(__name__)

CONNECTIONS = 10
_READINESS_SECONDS = 1.0
_OVERVIEW_SECONDS = 2.0
_STARTING = Caller("prikke_web")


def create_app(settings: Settings, *, warm: bool = False) -> Starlette:
    """The application; it opens its database when it starts, and refuses one it does not fit.

    `warm`: it starts a little later, and its first pages are as quick as all others.
    """

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        try:
            async with open_database(settings, "web", CONNECTIONS) as database:
                app.state.database = database
                app.state.letters = letters = Letters.from_settings(settings)
                app.state.exports = Exports()
                await require_keyring(database, settings)
                app.state.readiness = Fresh(
                    lambda: health.look(database, settings), _READINESS_SECONDS
                )
                app.state.overview = Fresh(lambda: status.look(database), _OVERVIEW_SECONDS)
                app.state.plans = await landing.read_plans(database)
                if warm:
                    await warm_up(database)
                async with asyncio.TaskGroup() as tasks, letters.sending(tasks):
                    app.state.live = live = Live(database)
                    app.state.forecasts = forecasts = Forecasts(database, tasks)
                    following = tasks.create_task(live.run())
                    invited = mailing_invitations(tasks, database, letters, settings.public_url)
                    try:
                        async with invited:
                            yield
                    finally:
                        following.cancel()
                        forecasts.end()
        except PrikkeError as error:
            app.state.refusal = str(error)
            raise

    app = Starlette(
        routes=[
            Route("/health", health.health),
            Route("/ready", health.ready),
            Route("/metrics", health.metrics),
            Route("/static/{name}", serve_static),
            Route("/webhooks/lemonsqueezy", billing_hooks.lemonsqueezy, methods=["POST"]),
            *api_routes(),
            *page_routes(settings),
        ],
        middleware=[
            Middleware(PlainRefusal),
            Middleware(SecurityHeaders, settings=settings),
            Middleware(OwnHost, settings=settings),
            Middleware(SameOrigin, settings=settings),
            Middleware(KeepsOrganization, settings=settings),
        ],
        exception_handlers={
            HTTPException: on_http_exception,
            PrikkeError: on_prikke_error,
            Exception: on_any_error,
        },
        lifespan=lifespan,
    )
    # A redirect would be built from what the request says of host and scheme.
    app.router.redirect_slashes = False
    app.state.settings = settings
    return app


async def require_keyring(database: Database, settings: Settings) -> None:
    """Refuse to start with another keyring than what the database was sealed with."""
    if settings.secret_key_base or settings.keyring:
        keyring = Keyring.from_settings(settings.keyring, settings.secret_key_base)
        [row] = await database.call(
            "select prikke.check_keyring(%s) as kept", (keyring.check_value(),), _STARTING
        )
        keyring.require_fit(row["kept"])


class PlainRefusal:
    """Says in one sentence why the application does not start, instead of a trace."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_plain(message: Message) -> None:
            refusal = getattr(scope["app"].state, "refusal", None)
            if message["type"] == "lifespan.startup.failed" and refusal is not None:
                message = {**message, "message": f"prikke: {refusal}"}
            await send(message)

        await self._app(scope, receive, send_plain if scope["type"] == "lifespan" else send)
