"""`/settings`: the organization: its name, leaving, exporting and deleting it."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from prikke.errors import Refused
from prikke.http.export import send_document
from prikke.http.form import Form, read_form
from prikke.http.local import see
from prikke.http.person import call, stream, visit
from prikke.http.refusals import form_page, require_mendable


async def show(request: Request) -> Response:
    """GET /settings."""
    return await _show(request)


async def _show(
    request: Request, form: Form | None = None, refusal: Refused | None = None
) -> Response:
    person, [[organization]] = await visit(
        request,
        call("select * from prikke.get_organization()"),
        function="get_organization",
    )
    typed = {"name": person.name, "slug": person.slug, "confirm": "", **(form or {})}
    values = {"organization": organization, "typed": typed}
    return form_page(request, "settings/organization.html", values, refusal)


async def update(request: Request) -> Response:
    """POST /settings: name and short name."""
    form = await read_form(request)
    try:
        _, [[changed]] = await visit(
            request,
            call(
                "select slug from prikke.update_organization(name => %(name)s, slug => %(slug)s)",
                name=form["name"],
                slug=form["slug"].strip(),
            ),
            function="update_organization",
        )
    except Refused as error:
        return await _show(request, form, require_mendable(error))
    return see(f"/settings?organization={changed['slug']}", "saved")


async def leave(request: Request) -> Response:
    """POST /settings/leave."""
    try:
        await visit(request, call("select prikke.leave_organization()"))
    except Refused as error:
        return await _show(request, None, require_mendable(error))
    return see("/dashboard", "left")


async def export(request: Request) -> Response:
    """GET /settings/export: everything of the organization as JSON, row by row."""
    person, rows = await stream(
        request,
        call("select * from prikke.export_organization()"),
        function="export_organization",
    )
    document = await request.app.state.exports.document("export", rows)
    name = f'attachment; filename="prikke-{person.slug}.json"'
    return send_document(document, {"Content-Disposition": name})


async def delete(request: Request) -> Response:
    """POST /settings/delete: with everything of it, once its short name is typed."""
    form = await read_form(request)
    try:
        await visit(
            request,
            call(
                "select prikke.delete_organization(confirm => %(confirm)s)",
                confirm=form["confirm"].strip(),
            ),
            function="delete_organization",
        )
    except Refused as error:
        return await _show(request, form, require_mendable(error))
    return see("/dashboard", "organization_deleted")


ROUTES = (
    Route("/settings", show),
    Route("/settings", update, methods=["POST"]),
    Route("/settings/leave", leave, methods=["POST"]),
    Route("/settings/export", export),
    Route("/settings/delete", delete, methods=["POST"]),
)
