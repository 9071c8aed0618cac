"""`/mailbox`: mails that would have been sent, in development and for this machine only."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from prikke.http.letters import Letters
from prikke.http.person import look_who
from prikke.http.security import is_loopback
from prikke.http.templating import page


async def show(request: Request) -> Response:
    """The page; there is none where mails are sent, nor for anybody from elsewhere."""
    letters: Letters = request.app.state.letters
    if letters.mailbox is None or not is_loopback(request):
        raise HTTPException(404)
    await look_who(request)
    await letters.settle()
    return page(request, "mailbox.html", {"kept": letters.mailbox})
