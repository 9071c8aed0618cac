"""Answers and errors, as JSON for programs and as a page for people."""

import json
import logging
import math
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime, timedelta
from http import HTTPStatus
from typing import Any, cast
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from prikke.errors import FieldError, NotReady, Refused, Unavailable
from prikke.http.local import confirm_path, log_in_path
from prikke.http.templating import page

log = logging.getLogger(__name__)

_RETRY_SECONDS = "2"


def reply(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """JSON."""
    return Response(
        dump(content),
        status,
        headers,
        media_type="application/json",
    )


def dump(content: Any) -> str:
    """Content as JSON text."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=_plain)


def problem(
    request: Request,
    status: int,
    message: str,
    *,
    code: str | None = None,
    errors: tuple[FieldError, ...] = (),
    hint: str | None = None,
    headers: dict[str, str] | None = None,
    more: Mapping[str, Any] | None = None,
) -> Response:
    """What is wrong: application/problem+json, or a page where a browser asked for one."""
    title = HTTPStatus(status).phrase
    if wants_page(request):
        return page(
            request,
            "error.html",
            {"status": status, "title": title, "message": message, "hint": hint},
            status=status,
            headers=headers,
        )
    content = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": message,
        "code": code or title.lower().replace(" ", "_"),
        "errors": [asdict(error) for error in errors],
        **(more or {}),
    }
    if hint:
        content["hint"] = hint
    answer = reply(content, status, headers)
    answer.headers["Content-Type"] = "application/problem+json"
    return answer


def wants_page(request: Request) -> bool:
    """Whether a browser asks, outside the API."""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(
        "/api/"
    )


async def on_http_exception(request: Request, raised: Exception) -> Response:
    """A status that routing or a handler raised."""
    error = cast(HTTPException, raised)
    headers = dict(error.headers) if error.headers else None
    message = {404: "There is nothing here.", 405: "This address does not take that method."}.get(
        error.status_code, error.detail
    )
    hint = None
    if error.status_code == 404 and request.url.path.endswith("/"):
        hint = "Addresses here do not end with a slash."
    return problem(request, error.status_code, message, hint=hint, headers=headers)


async def on_prikke_error(request: Request, error: Exception) -> Response:
    """An error of ours: a refusal with its status, else the database is not to be had."""
    if isinstance(error, Refused):
        if wants_page(request) and error.status == 401:
            return RedirectResponse(log_in_path(request), 303)
        if wants_page(request) and error.code == "no_organization":
            return RedirectResponse("/organizations/new", 303)
        if wants_page(request) and error.code == "sign_in_again":
            return RedirectResponse(confirm_path(request), 303)
        return problem(
            request,
            error.status,
            error.message,
            code=error.code,
            errors=error.errors,
            hint=error.hint,
            headers=refusal_headers(error),
            more={"id": error.errors[0].hint} if error.code == "key_taken" else None,
        )
    log.warning("not served path=%s error=%s", _logged_path(request), error)
    sentence = str(error) if isinstance(error, NotReady) else "The database does not answer."
    known = isinstance(error, NotReady | Unavailable)
    return problem(
        request,
        503 if known else 500,
        sentence if known else "Something went wrong here; it is logged.",
        code="unavailable" if known else "internal",
        headers={"Retry-After": _RETRY_SECONDS} if known else None,
    )


def _logged_path(request: Request) -> str:
    """The path without a token in it, which is a secret."""
    path, token = request.url.path, request.path_params.get("token")
    return path.replace(str(token), "…") if token else path


def refusal_headers(error: Refused) -> dict[str, str] | None:
    """What a refusal of this status has in its headers."""
    if error.status == 401:
        return {"WWW-Authenticate": "Bearer"}
    if error.status == 429:
        detail = json.loads(error.detail or "{}")
        seconds = math.ceil(detail.get("retry_after_ms", 1000) / 1000)
        most = str(detail.get("limit", 0))
        return {
            "Retry-After": str(seconds),
            "RateLimit-Limit": most,
            "RateLimit-Remaining": "0",
            "RateLimit-Reset": str(seconds),
        }
    return None


async def on_any_error(request: Request, error: Exception) -> Response:
    """What nobody expected. The server logs it with its trace."""
    return problem(request, 500, "Something went wrong here; it is logged.", code="internal")


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} is not JSON")
