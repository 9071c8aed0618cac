"""Which database a command works on: DATABASE_URL, or the one `prikke up` is running."""

from prikke import embedded
from prikke.config import Settings
from prikke.errors import ConfigurationError


def direct_url(settings: Settings) -> str:
    """A direct connection, for what a transaction pooler breaks."""
    url = settings.direct_url or embedded.running(embedded.default_data(), "prikke")
    if url is None:
        raise ConfigurationError(
            "DATABASE_URL is not set, and no `prikke up` is running: which database?"
        )
    return url
