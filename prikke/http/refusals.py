"""A form again, with what was typed and what is wrong with it."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from prikke.errors import Refused
from prikke.http.form import wrong_fields
from prikke.http.replies import refusal_headers
from prikke.http.templating import page

# What a person can mend at the form; anything else is a page of its own.
_MENDABLE = frozenset({402, 409, 422, 429, 503})


def require_mendable(error: Refused) -> Refused:
    """The refusal, where the form is shown again; else it is raised."""
    if error.status not in _MENDABLE:
        raise error
    return error


def form_page(
    request: Request,
    template: str,
    values: Mapping[str, Any],
    refusal: Refused | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A page with a form; `errors` are those of fields, `refusal` what is said of the whole."""
    shown = {
        **values,
        "errors": wrong_fields(refusal) if refusal else {},
        "refusal": refusal if refusal and not refusal.errors else None,
    }
    if refusal is None:
        return page(request, template, shown, headers=headers)
    more = {**(refusal_headers(refusal) or {}), **(headers or {})}
    return page(request, template, shown, refusal.status, more)
