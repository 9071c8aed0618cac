"""The Jinja environment, its filters, and a page made with it."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from prikke import __version__
from prikke.http import shown
from prikke.http.cookies import keep_organization, new_token
from prikke.http.static import static_path

_FORM = re.compile(r'<form\b[^>]* method="post"[^>]*>')
_FOLDER = Path(__file__).parent / "templates"


@cache
def environment() -> Environment:
    """Templates: escaped, and strict about names that do not exist."""
    made = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.globals.update(static=static_path, release=__version__, person=None, once=_once, zip=zip)
    made.filters.update(
        number=shown.number,
        percent=shown.percent,
        duration=shown.duration,
        ms=shown.milliseconds,
        interval=shown.interval,
        size=shown.size,
        mark=shown.mark,
        bars=shown.bars,
        pretty=shown.pretty,
        breakable=shown.breakable,
        answer=shown.answer,
        when=pass_context(_when),
        exact=pass_context(_exact),
        day=pass_context(_day),
        clock_time=pass_context(_clock_time),
    )
    return made


def _once() -> Markup:
    """What tells the form of this page from others, so that what it makes is made once."""
    return Markup('<input type="hidden" name="once" value="{}">').format(new_token())


# Times are read in the zone of the person, and beside the clock of the database.


def _when(context: Context, instant: datetime | None) -> Markup:
    return shown.when(instant, _now(context), _zone(context))


def _exact(context: Context, instant: datetime) -> str:
    return shown.exact(instant, _zone(context))


def _day(context: Context, instant: datetime) -> str:
    return shown.day(instant, _zone(context))


def _clock_time(context: Context, instant: datetime, zone: str | None = None) -> str:
    return shown.clock_time(instant, _now(context), ZoneInfo(zone) if zone else _zone(context))


def _now(context: Context) -> datetime:
    person = context.get("person")
    return person.clock if person else datetime.now(UTC)


def _zone(context: Context) -> tzinfo:
    person = context.get("person")
    return person.zone if person else UTC


def page(
    request: Request,
    template: str,
    values: Mapping[str, Any],
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A whole page."""
    person = getattr(request.state, "person", None)
    text = environment().get_template(template).render(request=request, person=person, **values)
    if person is not None and person.slug is not None:
        # A form acts on what its page shows, whatever another tab looks at by then.
        where = f'<input type="hidden" name="organization" value="{person.slug}">'
        text = _FORM.sub(rf"\g<0>{where}", text)
    response = HTMLResponse(text, status, headers=dict(headers or {}))
    asked = request.query_params.get("organization")
    if person is not None and asked is not None and person.slug == asked:
        keep_organization(response, request.app.state.settings, person.slug)
    return response
