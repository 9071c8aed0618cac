"""Which releases of the programs and of the database fit together."""

from prikke import __version__
from prikke.errors import NotReady

# The oldest program that may run on this release's functions. Raised when a function that runners
# or the web call no longer takes the calls of the release before.
OLDEST_RUNNER = "0.1.0"


def parts(release: str) -> tuple[int, ...]:
    """A release in a form that can be compared."""
    return tuple(int(part) for part in release.split("."))


def require_fit(installation: dict[str, object], own: str = __version__) -> None:
    """Refuse, in a sentence, a database that this program cannot work on."""
    release = installation.get("release")
    oldest = installation.get("oldest_runner")
    if not isinstance(release, str) or not isinstance(oldest, str):
        raise NotReady("Prikke is not installed in this database: run `prikke install`")
    if parts(release) < parts(own):
        raise NotReady(
            f"the database is at release {release} and this is {own}: run `prikke install`"
        )
    if parts(own) < parts(oldest):
        raise NotReady(
            f"the database is at release {release}, which needs programs of {oldest} or later, "
            f"and this is {own}: upgrade it"
        )
