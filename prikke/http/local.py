"""Ways within our own pages: to sign in and back, and on after something was done."""

from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response


def log_in_path(request: Request) -> str:
    """Where to sign in, and then come back to this page."""
    if request.method != "GET":
        return "/users/log-in"
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return f"/users/log-in?next={quote(here, safe='')}"


def confirm_path(request: Request) -> str:
    """Where to sign in anew for a form, and then come back to the page that it stands on."""
    page = urlsplit(request.headers.get("referer", ""))
    own = page.netloc == request.headers.get("host") and page.path
    here = f"{page.path}?{page.query}" if page.query else page.path
    return f"/users/confirm?next={quote(local_path(here if own else None, '/settings'), safe='')}"


def local_path(text: str | None, otherwise: str = "/dashboard") -> str:
    """A path of ours out of what a request names; never another site."""
    if not text or not text.startswith("/") or text.startswith(("//", "/\\")):
        return otherwise
    return text if text.isprintable() and "\\" not in text else otherwise


def see(path: str, notice: str | None = None, subject: object = None) -> Response:
    """Go and look there; a notice, by its name in `_notices.html`, tells what was done."""
    if notice is not None:
        joint = "&" if "?" in path else "?"
        path += f"{joint}notice={notice}"
        path += f"&subject={quote(str(subject))}" if subject is not None else ""
    return RedirectResponse(path, 303)
