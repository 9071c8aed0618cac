"""All pages for people, and the routes that serve them."""

from types import ModuleType

from starlette.routing import BaseRoute, Route

from prikke.config import Settings
from prikke.http.pages import (
    account,
    audit,
    billing,
    dashboard,
    docs,
    execution,
    executions,
    job,
    job_form,
    job_trial,
    jobs,
    keys,
    landing,
    live,
    mailbox,
    notifications,
    organizations,
    queues,
    secrets,
    settings,
    sign_in,
    status,
    styleguide,
    team,
)

# Each module brings its own table of routes.
_MODULES: tuple[ModuleType, ...] = (
    landing,
    docs,
    status,
    sign_in,
    account,
    organizations,
    settings,
    keys,
    secrets,
    notifications,
    team,
    audit,
    dashboard,
    executions,
    execution,
    queues,
    live,
    billing,
    jobs,
    job_form,
    job_trial,
    job,
)


def page_routes(config: Settings) -> list[BaseRoute]:
    """The pages; some are there in development only."""
    routes: list[BaseRoute] = [route for module in _MODULES for route in module.ROUTES]
    if config.development:
        routes.append(Route("/styleguide", styleguide.show))
        routes.append(Route("/mailbox", mailbox.show))
    return routes
