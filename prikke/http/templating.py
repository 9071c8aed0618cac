"""The Jinja environment, its filters, and a page made with it."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from prikke import __version__
from prikke.http.static import static_path

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
    made.globals.update(static=static_path, release=__version__)
    made.filters.update(number=number, duration=duration)
    return made


def page(
    request: Request,
    template: str,
    values: Mapping[str, Any],
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A whole page."""
    text = environment().get_template(template).render(request=request, **values)
    return HTMLResponse(text, status, headers=dict(headers or {}))


def number(value: float) -> str:
    """12345 as 12,345."""
    return f"{round(value):,}"


def duration(seconds: float) -> str:
    """A length of time in the unit that suits it: 5 ms, 1.2 s, 3 min, 4 h, 2 d."""
    if seconds < 0.9995:
        return f"{round(seconds * 1000)} ms"
    for size, unit, beyond in ((1, "s", 59.5), (60, "min", 3570), (3600, "h", 84600)):
        if seconds < beyond:
            amount = seconds / size
            return f"{round(amount, 1):g} {unit}" if amount < 9.95 else f"{amount:.0f} {unit}"
    return f"{seconds / 86400:.0f} d"
