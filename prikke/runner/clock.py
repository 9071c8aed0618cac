"""The database's clock, told by our own monotonic one."""

from datetime import UTC, datetime, timedelta
from time import monotonic

# What a statement may take to reach the server: asking this much too late beats asking in vain.
_MARGIN = 0.0005


class DatabaseClock:
    """Learns the database's time from its answers, the first of them before any work."""

    def __init__(self) -> None:
        self._read = datetime.fromtimestamp(0, UTC)
        self._at = 0.0

    def learn(self, read: datetime, asked: float) -> None:
        """The database said `read` to a call sent at `asked`, of the monotonic clock."""
        self._read = read
        self._at = asked

    def now(self) -> datetime:
        """The database's time."""
        return self._read + timedelta(seconds=monotonic() - self._at)

    def monotonic(self, instant: datetime) -> float:
        """When our own clock reaches an instant of the database."""
        return self._at + (instant - self._read).total_seconds() + _MARGIN
