"""`/settings/signing-secret` and `/settings/secrets`: shown to few, or to nobody."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from prikke.errors import Refused
from prikke.http.form import Form, read_form
from prikke.http.local import see
from prikke.http.pages.parts import part
from prikke.http.person import call, visit
from prikke.http.refusals import form_page, require_mendable
from prikke.http.sealing import (
    READ_SIGNING,
    grant_wishes,
    keyring_of,
    open_signing,
    require_value,
    seal_named,
)
from prikke.http.visit import Call

_ORGANIZATION = Call("select prikke.current_organization() as id")
_ROTATE = Call("select * from prikke.rotate_signing_secret()")


async def show_signing(request: Request) -> Response:
    """GET /settings/signing-secret: masked."""
    _, [rows] = await visit(request, call("select * from prikke.list_signing_secrets()"))
    values = {"signing": rows, "revealed": False}
    return form_page(request, "settings/signing_secret.html", values)


async def reveal(request: Request) -> Response:
    """POST /settings/signing-secret/reveal: in clear, on this page only."""
    return await _reveal(request)


async def rotate(request: Request) -> Response:
    """POST /settings/signing-secret/rotate: the new one signs at once, the old one a day more."""
    return await _reveal(request, _ROTATE)


async def _reveal(request: Request, *before: Call) -> Response:
    keyring = keyring_of(request.app.state.settings)
    _, [*_, rows] = await visit(request, *before, READ_SIGNING, function="reveal_signing_secrets")
    if wishes := grant_wishes(keyring, rows):
        _, [*_, rows] = await visit(request, *wishes, READ_SIGNING)
    shown = [{**row, "secret": open_signing(keyring, row)} for row in rows]
    values = {"signing": shown, "revealed": True, "rotated": bool(before)}
    return form_page(request, "settings/signing_secret.html", values)


async def end(request: Request) -> Response:
    """POST /settings/signing-secret/{id}/end: a replaced one, before its time."""
    await visit(
        request,
        call("select prikke.end_signing_secret(id => %(id)s)", id=request.path_params["id"]),
        function="end_signing_secret",
    )
    return see("/settings/signing-secret", "secret_ended")


async def show(request: Request) -> Response:
    """GET /settings/secrets."""
    return await _show(request)


async def _show(
    request: Request, form: Form | None = None, refusal: Refused | None = None
) -> Response:
    _, [secrets] = await visit(
        request, call("select * from prikke.list_secrets()"), function="list_secrets"
    )
    # The value that was typed is not sent back: it is a secret.
    typed = {"name": form["name"] if form else request.query_params.get("name", "")}
    listed = part(request, "/settings/secrets", secrets)
    values = {"listed": listed, "secrets": listed.rows, "typed": typed}
    return form_page(request, "settings/secrets.html", values, refusal)


async def store(request: Request) -> Response:
    """POST /settings/secrets: sealed here for the organization; shown never again."""
    form = await read_form(request)
    _, [[here]] = await visit(request, _ORGANIZATION, function="store_secret")
    try:
        keyring, value = keyring_of(request.app.state.settings), require_value(form["value"])
        await visit(
            request,
            seal_named(keyring, here["id"], form["name"].strip(), value),
            function="store_secret",
        )
    except Refused as error:
        return await _show(request, form, require_mendable(error))
    return see("/settings/secrets", "secret_stored")


async def delete(request: Request) -> Response:
    """POST /settings/secrets/delete."""
    form = await read_form(request)
    try:
        await visit(
            request,
            call("select prikke.delete_secret(name => %(name)s)", name=form["name"]),
            function="delete_secret",
        )
    except Refused as error:
        return await _show(request, None, require_mendable(error))
    return see("/settings/secrets", "secret_deleted")


ROUTES = (
    Route("/settings/signing-secret", show_signing),
    Route("/settings/signing-secret/reveal", reveal, methods=["POST"]),
    Route("/settings/signing-secret/rotate", rotate, methods=["POST"]),
    Route("/settings/signing-secret/{id:uuid}/end", end, methods=["POST"]),
    Route("/settings/secrets", show),
    Route("/settings/secrets", store, methods=["POST"]),
    Route("/settings/secrets/delete", delete, methods=["POST"]),
)
