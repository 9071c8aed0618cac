"""All pages for people, and the routes that serve them."""

from types import ModuleType

from starlette.routing import BaseRoute, Route

from prikke.config import Settings
from prikke.http.pages import (
    account,
    billing,
    docs,
    landing,
    mailbox,
    organizations,
    sign_in,
    status,
    styleguide,
)

# Each module brings its own table of routes.
_MODULES: tuple[ModuleType, ...] = (
    landing,
    docs,
    status,
    sign_in,
    account,
    organizations,
    billing,
)


def page_routes(settings: Settings) -> list[BaseRoute]:
    """The pages; some are there in development only."""
    routes: list[BaseRoute] = [route for module in _MODULES for route in module.ROUTES]
    if settings.development:
        routes.append(Route("/styleguide", styleguide.show))
        routes.append(Route("/mailbox", mailbox.show))
    return routes
