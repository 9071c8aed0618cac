"""Signing in by a link in a mail: /users/register, /users/log-in, and out again."""

from functools import partial
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from prikke.config import Settings
from prikke.db import Caller, Database
from prikke.errors import Refused
from prikke.http.auth import client_address, rate_subject
from prikke.http.cookies import (
    forget_session,
    keep_organization,
    keep_session,
    new_token,
    session_hash,
    token_hash,
)
from prikke.http.form import read_form
from prikke.http.letters import Letters
from prikke.http.local import local_path, see
from prikke.http.person import call, look_who, visit
from prikke.http.refusals import form_page, require_mendable
from prikke.http.templating import page
from prikke.mails.people import address_changed_mail, sign_in_mail

_CALLER = Caller("prikke_web", statement_timeout="5s", lock_timeout="5s")
# The link is a secret, so no address but our own origin leaves the page that it opens. Nothing at
# all would be too little: a browser then hides from us where the form on that page came from.
SECRET_PAGE = {"Referrer-Policy": "strict-origin"}


async def register(request: Request) -> Response:
    """GET /users/register."""
    return await _door(request, "sign_in/register.html")


async def log_in(request: Request) -> Response:
    """GET /users/log-in."""
    return await _door(request, "sign_in/log_in.html")


async def send_registration(request: Request) -> Response:
    """POST /users/register."""
    return await _send_link(request, "sign_in/register.html")


async def send_log_in(request: Request) -> Response:
    """POST /users/log-in."""
    return await _send_link(request, "sign_in/log_in.html")


async def _door(request: Request, template: str) -> Response:
    onward = local_path(request.query_params.get("next"))
    if await look_who(request) is not None:
        return RedirectResponse(onward, 303)
    typed = {"email": request.query_params.get("email", ""), "organization_name": ""}
    return _show_door(request, template, typed, onward)


async def _send_link(request: Request, template: str) -> Response:
    form = await read_form(request)
    typed = {name: form[name] for name in ("email", "organization_name")}
    onward = local_path(form["next"])
    try:
        return await mail_link(request, form["email"], onward, form.text("organization_name"))
    except Refused as error:
        return _show_door(request, template, typed, onward, require_mendable(error))


def _show_door(
    request: Request,
    template: str,
    typed: dict[str, str],
    onward: str,
    error: Refused | None = None,
) -> Response:
    database: Database = request.app.state.database
    letters: Letters = request.app.state.letters
    values = {
        "typed": typed,
        "next": onward,
        "closed": database.installation.values.get("sign_up") == "closed",
        "mails": letters.possible,
    }
    return form_page(request, template, values, error)


async def mail_link(
    request: Request, email: str, onward: str, organization_name: str | None = None
) -> Response:
    """Mail a link that signs in and goes on there; the same answer whoever has the address."""
    letters = require_mail(request)
    token = new_token()
    [row] = await _ask(
        request,
        "select * from prikke.request_sign_in(%s, %s, %s, %s)",
        (email, token_hash(token), asking_place(request), organization_name),
    )
    if row["wanted"]:
        letters.post(partial(sign_in_mail, row["email"], sign_in_link(request, token, onward)))
    return sent(request, row["email"])


def require_mail(request: Request) -> Letters:
    """Where mails go; refused where they would get nowhere."""
    letters: Letters = request.app.state.letters
    if not letters.possible:
        raise Refused(
            503,
            "no_mail",
            "This installation sends no mail.",
            hint="Its operator sets SMTP_URL, or makes a link with: prikke user create ADDRESS",
        )
    letters.require_room()
    return letters


def sign_in_link(request: Request, token: str, onward: str) -> str:
    """The address that a mail holds."""
    settings: Settings = request.app.state.settings
    joint = "" if onward == "/dashboard" else f"?next={quote(onward, safe='')}"
    return f"{settings.public_url}/users/log-in/{token}{joint}"


def asking_place(request: Request) -> str:
    """From where a mail is asked for, as it is counted."""
    settings: Settings = request.app.state.settings
    return rate_subject(client_address(request, settings.trusted_proxies))


def sent(request: Request, email: str) -> Response:
    """Look into your mail."""
    letters: Letters = request.app.state.letters
    return page(
        request, "sign_in/sent.html", {"email": email, "mailbox": letters.mailbox is not None}
    )


async def show_link(request: Request) -> Response:
    """GET /users/log-in/{token}: a button only, since programs that check mails open links."""
    onward = local_path(request.query_params.get("next"))
    return page(request, "sign_in/link.html", {"next": onward}, headers=SECRET_PAGE)


async def use_link(request: Request) -> Response:
    """POST /users/log-in/{token}: it signs in, once."""
    settings: Settings = request.app.state.settings
    form = await read_form(request)
    onward, session = local_path(form["next"]), new_token()
    try:
        [row] = await _ask(
            request,
            "select * from prikke.complete_sign_in(%s, %s, %s, %s)",
            (
                token_hash(request.path_params["token"]),
                token_hash(session),
                client_address(request, settings.trusted_proxies),
                request.headers.get("user-agent"),
            ),
        )
    except Refused as error:
        if error.status != 410:
            raise
        return page(request, "sign_in/ended.html", {"next": onward}, 410, SECRET_PAGE)
    await _end_session(request)
    letters: Letters = request.app.state.letters
    if row["former_email"] is not None and letters.possible:
        letters.post(partial(address_changed_mail, row["former_email"], row["email"]))
    response = see(onward)
    keep_session(response, settings, session)
    if row["slug"] is not None:
        keep_organization(response, settings, row["slug"])
    return response


async def log_out(request: Request) -> Response:
    """POST /users/log-out."""
    await _end_session(request)
    response = see("/users/log-in", "signed_out")
    forget_session(response, request.app.state.settings)
    return response


async def confirm(request: Request) -> Response:
    """GET /users/confirm: what does harm asks for a sign-in of the last minutes."""
    await visit(request, anywhere=True)
    onward = local_path(request.query_params.get("next"), "/settings")
    return form_page(request, "sign_in/confirm.html", {"next": onward})


async def send_confirmation(request: Request) -> Response:
    """POST /users/confirm: a fresh link to the person's own address."""
    form = await read_form(request)
    person, _ = await visit(request, anywhere=True)
    onward = local_path(form["next"], "/settings")
    try:
        return await mail_link(request, person.email, onward)
    except Refused as error:
        return form_page(request, "sign_in/confirm.html", {"next": onward}, require_mendable(error))


async def _end_session(request: Request) -> None:
    """End the session that this browser has, if it has one."""
    if session_hash(request) is None:
        return
    try:
        await visit(
            request,
            call("select prikke.revoke_session(current_setting('prikke.session')::uuid)"),
            anywhere=True,
        )
    except Refused as error:
        if error.status != 401:
            raise


async def _ask(request: Request, query: Any, parameters: tuple[Any, ...]) -> list[dict[str, Any]]:
    database: Database = request.app.state.database
    rows: list[dict[str, Any]] = await database.call(query, parameters, _CALLER)
    return rows


ROUTES = (
    Route("/users/register", register),
    Route("/users/register", send_registration, methods=["POST"]),
    Route("/users/log-in", log_in),
    Route("/users/log-in", send_log_in, methods=["POST"]),
    Route("/users/log-in/{token}", show_link),
    Route("/users/log-in/{token}", use_link, methods=["POST"]),
    Route("/users/log-out", log_out, methods=["POST"]),
    Route("/users/confirm", confirm),
    Route("/users/confirm", send_confirmation, methods=["POST"]),
)
