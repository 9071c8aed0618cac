"""`/docs`: the documentation for those who use and run Prikke."""

from dataclasses import dataclass
from functools import cache

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from prikke.config import Settings, describe
from prikke.http.api.openapi import describe as describe_api
from prikke.http.api.reference import Reference, read_reference
from prikke.http.api.routes import OPERATIONS
from prikke.http.person import look_who
from prikke.http.templating import page


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the documentation."""

    name: str
    title: str
    about: str

    @property
    def path(self) -> str:
        return f"/docs/{self.name}"


PAGES = (
    Page("getting-started", "Getting started", "From nothing to the first delivery, in minutes."),
    Page("cron", "Cron and time zones", "How a schedule is written, and what a clock change does."),
    Page(
        "webhooks", "Webhooks", "What arrives, and how to know by its signature that it is from us."
    ),
    Page("queues", "Queues and retries", "Limits, order, pauses, and what waits for what."),
    Page("alerts", "Alerts", "Who hears of what, when, and how to keep it quiet."),
    Page("api", "API", "The same functions as JSON: keys, errors, pages, repeats."),
    Page("sql", "SQL", "Scheduling inside your own transactions."),
    Page("deploying", "Deploying", "A container, compose or systemd, and what it needs."),
    Page("operating", "Operating", "What to look at, and what it means."),
    Page("security", "Security", "Who may what, what is sealed, what may be called."),
    Page("limits", "Limits", "What is bounded, and where it is set."),
)
_BY_NAME = {each.name: number for number, each in enumerate(PAGES)}


async def index(request: Request) -> Response:
    """All pages."""
    await look_who(request)
    return page(
        request, "docs/index.html", {"pages": PAGES, "current": None, "title": "Documentation"}
    )


async def show(request: Request) -> Response:
    """One page, between the one before and the one after."""
    number = _BY_NAME.get(str(request.path_params["name"]))
    if number is None:
        raise HTTPException(404)
    await look_who(request)
    settings: Settings = request.app.state.settings
    here = PAGES[number]
    return page(
        request,
        f"docs/{here.name}.html",
        {
            "pages": PAGES,
            "current": here,
            "title": here.title,
            "before": PAGES[number - 1] if number else None,
            "after": PAGES[number + 1] if number + 1 < len(PAGES) else None,
            "base": settings.public_url,
            "settings": settings,
            "reference": reference(),
            "plans": request.app.state.plans,
            "limits": [
                each for each in describe(settings, {}) if each.name.startswith("PRIKKE_LIMIT_")
            ],
        },
    )


async def operations(request: Request) -> Response:
    """The operations of one resource of the API."""
    found = next((e for e in reference().groups if e.anchor == request.path_params["name"]), None)
    if found is None:
        raise HTTPException(404)
    return await _of_reference(request, "docs/operations.html", found.title, {"group": found})


async def things(request: Request) -> Response:
    """What answers hold, thing by thing."""
    return await _of_reference(request, "docs/things.html", "Things", {})


async def _of_reference(
    request: Request, template: str, title: str, values: dict[str, object]
) -> Response:
    await look_who(request)
    settings: Settings = request.app.state.settings
    api = PAGES[_BY_NAME["api"]]
    shown = {
        "pages": PAGES,
        "current": api,
        "title": title,
        "before": api,
        "after": None,
        "base": settings.public_url,
        "reference": reference(),
        "anchors": {each.name: each.anchor for each in reference().things},
    }
    return page(request, template, {**shown, **values})


@cache
def reference() -> Reference:
    """The API as its description has it."""
    return read_reference(describe_api(OPERATIONS))


ROUTES = (
    Route("/docs", index),
    Route("/docs/api/things", things),
    Route("/docs/api/{name}", operations),
    Route("/docs/{name}", show),
)
