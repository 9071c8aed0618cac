"""Static files under names that hold a hash of their content, so that they never change."""

import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

_FOLDER = Path(__file__).parent / "static"
_HASH = 12


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file, read once."""

    name: str
    digest: str
    content: bytes
    media_type: str

    @property
    def path(self) -> str:
        """Where it is served: `/static/prikke.0123456789ab.css`."""
        stem, dot, ending = self.name.rpartition(".")
        return f"/static/{stem}.{self.digest}{dot}{ending}"


@cache
def static_files() -> Mapping[str, StaticFile]:
    """All of them, by name."""
    files = {}
    for path in sorted(_FOLDER.iterdir()):
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()[:_HASH]
        media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        files[path.name] = StaticFile(path.name, digest, content, media_type)
    return files


def static_path(name: str) -> str:
    """The path of a file for a template."""
    return static_files()[name].path


async def serve_static(request: Request) -> Response:
    """A file; only its present content is kept for ever by browsers."""
    asked = str(request.path_params["name"])
    stem, _, ending = asked.rpartition(".")
    stem, _, digest = stem.rpartition(".")
    file = static_files().get(f"{stem}.{ending}")
    if file is None:
        raise HTTPException(404)
    # While releases take turns, a page of one may ask the other for its files.
    lasting = digest == file.digest
    cache_control = "public, max-age=31536000, immutable" if lasting else "no-cache"
    return Response(
        file.content, media_type=file.media_type, headers={"Cache-Control": cache_control}
    )
