"""`/settings/keys`: keys of programs; a new one is shown once."""

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from prikke.config import Settings
from prikke.errors import Refused
from prikke.http.actors import KEYS, MEMBERS, known_actors, who
from prikke.http.auth import NewKey, make_key
from prikke.http.form import Form, read_form
from prikke.http.local import see
from prikke.http.pages.parts import part
from prikke.http.person import call, made_id, visit, visit_once
from prikke.http.refusals import form_page, require_mendable

SCOPES = (
    ("read", "Read jobs, executions and queues"),
    ("write", "Change them and send; includes read and trigger"),
    ("trigger", "Only start jobs that are there"),
    ("admin", "Keys, secrets, people and channels as well"),
    ("owner", "Also what is for owners: billing, export, deletion"),
)
_LASTING = (("", "Never"), ("30", "In 30 days"), ("90", "In 90 days"), ("365", "In a year"))


async def show(request: Request) -> Response:
    """GET /settings/keys."""
    return await _show(request)


async def _show(
    request: Request,
    form: Form | None = None,
    refusal: Refused | None = None,
    made: NewKey | None = None,
) -> Response:
    settings: Settings = request.app.state.settings
    person, [members, keys] = await visit(request, MEMBERS, KEYS, function="list_keys")
    known = known_actors(person, members, keys)
    typed = form or Form([("scopes", "read"), ("scopes", "write"), ("scopes", "trigger")])
    listed = part(request, "/settings/keys", keys)
    values = {
        "listed": listed,
        "keys": [{**row, "made_by": who(row["created_by"], known)} for row in listed.rows],
        "made": made.text if made else None,
        "base": settings.public_url,
        "scopes": [each for each in SCOPES if each[0] != "owner" or person.may("owner")],
        "lasting": _LASTING,
        "typed": {
            "name": typed["name"],
            "expires": typed["expires"],
            "scopes": typed.all("scopes"),
        },
    }
    return form_page(request, "settings/keys.html", values, refusal)


async def create(request: Request) -> Response:
    """POST /settings/keys: the only page that ever holds the key."""
    form = await read_form(request)
    made = make_key()
    days = form["expires"]
    lasting = timedelta(days=int(days)) if days in dict(_LASTING) and days else None
    try:
        rows, _ = await visit_once(
            request,
            call(
                "select id from prikke.create_key(name => %(name)s, public_id => %(public_id)s,"
                " secret_hash => %(hash)s, scopes => %(scopes)s::text[],"
                " expires_at => prikke.clock() + %(lasting)s)",
                name=form["name"],
                public_id=made.credentials.public_id,
                hash=made.credentials.secret_hash,
                scopes=form.all("scopes"),
                lasting=lasting,
            ),
            function="create_key",
            answer=made_id,
        )
    except Refused as error:
        return await _show(request, form, require_mendable(error))
    # Its secret was in the first answer, and nobody has kept it.
    return (
        see("/settings/keys", "key_made_before")
        if rows is None
        else await _show(request, made=made)
    )


async def revoke(request: Request) -> Response:
    """POST /settings/keys/{id}/delete."""
    await visit(
        request,
        call("select prikke.revoke_key(id => %(id)s)", id=request.path_params["id"]),
        function="revoke_key",
    )
    return see("/settings/keys", "key_revoked")


ROUTES = (
    Route("/settings/keys", show),
    Route("/settings/keys", create, methods=["POST"]),
    Route("/settings/keys/{id:uuid}/delete", revoke, methods=["POST"]),
)
