"""Making an organization, and coming into one by invitation."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from prikke.db import Caller, Database
from prikke.errors import Refused
from prikke.http.cookies import token_hash
from prikke.http.form import Form, read_form
from prikke.http.local import see
from prikke.http.pages.sign_in import SECRET_PAGE
from prikke.http.person import call, look_who, visit, visit_once
from prikke.http.refusals import form_page, require_mendable
from prikke.http.templating import page

_CALLER = Caller("prikke_web", statement_timeout="5s")


async def new(request: Request) -> Response:
    """GET /organizations/new: where somebody lands who belongs nowhere."""
    return await _show(request)


async def _show(
    request: Request, form: Form | None = None, refusal: Refused | None = None
) -> Response:
    _, [waiting] = await visit(
        request, call("select * from prikke.list_my_invitations()"), anywhere=True
    )
    values = {
        "waiting": waiting,
        "typed": {"name": "", "slug": "", **(form or {})},
    }
    return form_page(request, "organizations/new.html", values, refusal)


async def create(request: Request) -> Response:
    """POST /organizations/new."""
    form = await read_form(request)
    try:
        _, made = await visit_once(
            request,
            call(
                "select slug from prikke.create_organization(name => %(name)s, slug => %(slug)s)",
                name=form["name"],
                slug=form.text("slug"),
            ),
            anywhere=True,
            answer=lambda rows: str(rows[0][0]["slug"]),
        )
    except Refused as error:
        return await _show(request, form, require_mendable(error))
    return see(f"/dashboard?organization={made}", "organization_created")


async def show_invitation(request: Request) -> Response:
    """GET /invitations/{token}: what the link in a mail stands for."""
    database: Database = request.app.state.database
    found = await database.call(
        "select * from prikke.find_invitation(%s)",
        (token_hash(request.path_params["token"]),),
        _CALLER,
    )
    await look_who(request)
    if not found:
        return page(request, "organizations/invitation_ended.html", {}, 404, SECRET_PAGE)
    return page(
        request,
        "organizations/invitation.html",
        {"invitation": found[0], "mails": request.app.state.letters.possible},
        headers=SECRET_PAGE,
    )


async def accept(request: Request) -> Response:
    """POST /invitations/{id}/accept."""
    _, [[joined]] = await visit(
        request,
        call(
            "select slug from prikke.accept_invitation(id => %(id)s)", id=request.path_params["id"]
        ),
        anywhere=True,
    )
    return see(f"/dashboard?organization={joined['slug']}", "invitation_accepted")


async def decline(request: Request) -> Response:
    """POST /invitations/{id}/decline."""
    await visit(
        request,
        call("select prikke.decline_invitation(id => %(id)s)", id=request.path_params["id"]),
        anywhere=True,
    )
    return see("/account", "invitation_declined")


ROUTES = (
    Route("/organizations/new", new),
    Route("/organizations/new", create, methods=["POST"]),
    Route("/invitations/{id:uuid}/accept", accept, methods=["POST"]),
    Route("/invitations/{id:uuid}/decline", decline, methods=["POST"]),
    Route("/invitations/{token}", show_invitation),
)
