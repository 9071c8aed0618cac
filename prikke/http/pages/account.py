"""`/account`: a person's address, zone, sessions, organizations and invitations."""

import re
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from prikke.errors import Refused
from prikke.http.cookies import new_token, token_hash
from prikke.http.form import Form, read_form
from prikke.http.local import see
from prikke.http.pages.sign_in import asking_place, require_mail, sent, sign_in_link
from prikke.http.person import call, visit
from prikke.http.refusals import form_page, require_mendable
from prikke.http.visit import Call, Row
from prikke.mails.people import address_mail

_BROWSERS = (
    ("Edge", r"Edg/"),
    ("Opera", r"OPR/"),
    ("Firefox", r"Firefox/"),
    ("Chrome", r"Chrome/"),
    ("Safari", r"Safari/"),
)
_SYSTEMS = (
    ("Android", r"Android"),
    ("iPhone or iPad", r"iPhone|iPad"),
    ("Windows", r"Windows"),
    ("macOS", r"Mac OS X"),
    ("Linux", r"Linux|X11"),
)


async def show(request: Request) -> Response:
    """GET /account."""
    return await _show(request)


async def _show(
    request: Request, form: Form | None = None, refusal: Refused | None = None
) -> Response:
    person, [sessions, invitations, zones] = await visit(
        request,
        call("select * from prikke.list_sessions()"),
        call("select * from prikke.list_my_invitations()"),
        call("select zone from prikke.list_time_zones() as zone"),
        anywhere=True,
    )
    typed = {"email": "", "timezone": person.timezone, **(form or {})}
    values = {
        "sessions": [{**row, "browser": browser(row["agent"])} for row in sessions],
        "waiting": invitations,
        "zones": [row["zone"] for row in zones],
        "typed": typed,
    }
    return form_page(request, "account/account.html", values, refusal)


async def change_address(request: Request) -> Response:
    """POST /account/address: mails a link to the new one."""
    form = await read_form(request)
    token = new_token()
    try:
        letters = require_mail(request)
        _, [[row]] = await _done(
            request,
            call(
                "select * from prikke.request_email_change(%(email)s, %(hash)s, %(place)s)",
                email=form["email"],
                hash=token_hash(token),
                place=asking_place(request),
            ),
        )
    except Refused as error:
        return await _show(request, form, require_mendable(error))
    letters.post(partial(address_mail, row["email"], sign_in_link(request, token, "/account")))
    return sent(request, row["email"])


async def change_zone(request: Request) -> Response:
    """POST /account/zone."""
    form = await read_form(request)
    try:
        await _done(
            request,
            call("select * from prikke.update_user(%(zone)s)", zone=form["timezone"].strip()),
        )
    except Refused as error:
        return await _show(request, form, require_mendable(error))
    return see("/account", "saved")


async def end_session(request: Request) -> Response:
    """POST /account/sessions/{id}/end."""
    await _done(request, call("select prikke.revoke_session(%(id)s)", id=request.path_params["id"]))
    return see("/account", "session_ended")


async def end_others(request: Request) -> Response:
    """POST /account/sessions/end-others."""
    await _done(request, call("select prikke.revoke_other_sessions()"))
    return see("/account", "sessions_ended")


async def _done(request: Request, made: Call) -> tuple[Any, list[list[Row]]]:
    return await visit(request, made, anywhere=True)


def browser(agent: str | None) -> str:
    """A browser as people know it, from what it says of itself."""
    named = [
        next((name for name, sign in signs if re.search(sign, agent or "")), None)
        for signs in (_BROWSERS, _SYSTEMS)
    ]
    return " on ".join(filter(None, named)) or "Unknown browser"


ROUTES = (
    Route("/account", show),
    Route("/account/address", change_address, methods=["POST"]),
    Route("/account/zone", change_zone, methods=["POST"]),
    Route("/account/sessions/end-others", end_others, methods=["POST"]),
    Route("/account/sessions/{id:uuid}/end", end_session, methods=["POST"]),
)
