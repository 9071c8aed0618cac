"""`/settings/team`: members and their roles, and invitations that wait."""

from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from prikke.config import Settings
from prikke.errors import Refused
from prikke.http.actors import MEMBERS, known_actors, who
from prikke.http.cookies import new_token, token_hash
from prikke.http.form import Form, read_form
from prikke.http.letters import Letters
from prikke.http.local import see
from prikke.http.pages.parts import part
from prikke.http.person import Person, call, made_id, visit, visit_once
from prikke.http.refusals import form_page, require_mendable
from prikke.http.visit import Call
from prikke.mails.people import invitation_mail

_ROLES = (
    ("viewer", "Viewer", "reads"),
    ("member", "Member", "changes jobs, sends and replays"),
    ("admin", "Admin", "also keys, secrets, channels and people"),
    ("owner", "Owner", "also billing, export and deletion"),
)


async def show(request: Request) -> Response:
    """GET /settings/team."""
    return await _show(request)


async def _show(
    request: Request,
    form: Form | None = None,
    refusal: Refused | None = None,
    link: str | None = None,
) -> Response:
    person, [members, invitations] = await visit(
        request, MEMBERS, call("select * from prikke.list_invitations()"), function="list_members"
    )
    known = known_actors(person, members)
    listed = part(request, "/settings/team", members)
    values = {
        "listed": listed,
        "members": [{**row, "fixed": not _may_change(person, row["role"])} for row in listed.rows],
        "invitations": [{**row, "by": who(row["invited_by"], known)} for row in invitations],
        "roles": _ROLES,
        "choices": [
            (role, word) for role, word, _ in _ROLES if role != "owner" or person.may("owner")
        ],
        "typed": {"email": "", "role": "member", **(form or {})},
        "link": link,
    }
    return form_page(request, "settings/team.html", values, refusal)


def _may_change(person: Person, role: str) -> bool:
    return person.may("owner" if role == "owner" else "admin")


async def invite(request: Request) -> Response:
    """POST /settings/team/invite: by mail; without mail the link is there to be passed on."""
    settings: Settings = request.app.state.settings
    letters: Letters = request.app.state.letters
    form = await read_form(request)
    token = new_token()
    try:
        letters.require_room()
        rows, _ = await visit_once(
            request,
            call(
                "select * from prikke.invite_member"
                "(email => %(email)s, role => %(role)s, token_hash => %(hash)s)",
                email=form["email"],
                role=form["role"],
                hash=token_hash(token),
            ),
            function="invite_member",
            answer=made_id,
        )
    except Refused as error:
        return await _show(request, form, require_mendable(error))
    link = f"{settings.public_url}/invitations/{token}"
    if rows is None:
        made = "invitation_sent" if letters.possible else "invitation_made_before"
        return see("/settings/team", made)
    if not letters.possible:
        return await _show(request, link=link)
    person: Person = request.state.person
    [row] = rows[0]
    letters.post(
        partial(invitation_mail, row["email"], link, person.name or "", row["role"], person.email)
    )
    return see("/settings/team", "invitation_sent")


async def withdraw(request: Request) -> Response:
    """POST /settings/team/invitations/{id}/withdraw."""
    made = call("select prikke.withdraw_invitation(id => %(id)s)", id=request.path_params["id"])
    return await _change(request, made, "withdraw_invitation", "invitation_withdrawn")


async def set_role(request: Request) -> Response:
    """POST /settings/team/{user_id}/role."""
    form = await read_form(request)
    made = call(
        "select * from prikke.set_role(user_id => %(user_id)s, role => %(role)s)",
        user_id=request.path_params["user_id"],
        role=form["role"],
    )
    return await _change(request, made, "set_role", "member_changed")


async def remove(request: Request) -> Response:
    """POST /settings/team/{user_id}/remove."""
    made = call(
        "select prikke.remove_member(user_id => %(user_id)s)",
        user_id=request.path_params["user_id"],
    )
    return await _change(request, made, "remove_member", "member_removed")


async def transfer(request: Request) -> Response:
    """POST /settings/team/{user_id}/transfer: they become owner, and who acts an admin."""
    made = call(
        "select * from prikke.transfer_ownership(user_id => %(user_id)s)",
        user_id=request.path_params["user_id"],
    )
    return await _change(request, made, "transfer_ownership", "ownership_transferred")


async def _change(request: Request, made: Call, function: str, notice: str) -> Response:
    try:
        await visit(request, made, function=function)
    except Refused as error:
        return await _show(request, None, require_mendable(error))
    return see("/settings/team", notice)


ROUTES = (
    Route("/settings/team", show),
    Route("/settings/team/invite", invite, methods=["POST"]),
    Route("/settings/team/invitations/{id:uuid}/withdraw", withdraw, methods=["POST"]),
    Route("/settings/team/{user_id:uuid}/role", set_role, methods=["POST"]),
    Route("/settings/team/{user_id:uuid}/remove", remove, methods=["POST"]),
    Route("/settings/team/{user_id:uuid}/transfer", transfer, methods=["POST"]),
)
