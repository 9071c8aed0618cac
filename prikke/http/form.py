"""A form as it was sent: counted while it streams, and text that Postgres can hold."""

import hashlib
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request

from prikke.config import Settings
from prikke.errors import Refused
from prikke.http.body import read_body

_FIELDS = 12_000
_KIND = "application/x-www-form-urlencoded"


class Form(Mapping[str, str]):
    """Fields by name, the last of each; a field that was not sent reads as empty."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._pairs = pairs
        self._last = dict(pairs)

    def __getitem__(self, name: str) -> str:
        return self._last.get(name, "")

    def __iter__(self) -> Iterator[str]:
        return iter(self._last)

    def __len__(self) -> int:
        return len(self._last)

    def all(self, name: str) -> list[str]:
        """Every value of a field that may be sent several times."""
        return [value for key, value in self._pairs if key == name]

    @property
    def fingerprint(self) -> str | None:
        """The same for the same form sent again, and for nothing else; None where it has no token.

        What its page gave it, `once`, is among its fields.
        """
        if not self["once"]:
            return None
        return hashlib.sha256(urlencode(self._pairs).encode()).hexdigest()

    def text(self, name: str) -> str | None:
        """What was typed, without blanks around it; None where nothing was."""
        return self[name].strip() or None


async def read_form(request: Request) -> Form:
    """The form of this request, however often it is asked for."""
    if not hasattr(request.state, "form"):
        request.state.form = await _read(request)
    form: Form = request.state.form
    return form


async def _read(request: Request) -> Form:
    settings: Settings = request.app.state.settings
    media_type = request.headers.get("content-type", _KIND).partition(";")[0].strip().lower()
    data = await read_body(request, settings.limits.request_bytes)
    if data and media_type != _KIND:
        raise Refused(415, "unsupported_type", "A form must be sent as a form.")
    try:
        pairs = parse_qsl(
            data.decode("utf-8"), keep_blank_values=True, max_num_fields=_FIELDS, errors="strict"
        )
    except ValueError:
        raise Refused(400, "bad_request", "The form cannot be read.") from None
    # Browsers send line ends as CRLF; what is signed and sent is what was typed.
    clean = [(name, value.replace("\r\n", "\n")) for name, value in pairs]
    if any("\0" in part for pair in clean for part in pair):
        raise Refused(400, "bad_request", "The form has the character NUL.")
    return Form(clean)


def wrong_fields(error: Refused) -> dict[str, str]:
    """What is wrong with each field, as a page says it at its place."""
    return {each.field: _sentence(each.message, each.hint) for each in error.errors}


def _sentence(message: str, hint: str | None) -> str:
    return message if hint is None else f"{message.rstrip('.')}. {hint}"
