"""Calls the operator's address while all is well, so that whoever listens there hears silence.

Every runner calls: what is reported is the installation, and a call more does no harm.
"""

import logging
from collections.abc import Callable
from time import monotonic

from prikke import __version__
from prikke.errors import OutboundError
from prikke.outbound import Outbound, OutgoingRequest, header_lines
from prikke.runner import queue
from prikke.runner.connection import Line

log = logging.getLogger(__name__)

_DEADLINE_SECONDS = 10.0
_HEAD = header_lines({"User-Agent": f"Prikke/{__version__}"})


class Heartbeat:
    """One runner's part in it."""

    def __init__(
        self, line: Line, outbound: Outbound, url: str, every: float, working: Callable[[], bool]
    ) -> None:
        self._line = line
        self._outbound = outbound
        self._every = every
        self._working = working
        self._request = OutgoingRequest("GET", url, _HEAD)

    async def beat(self) -> float:
        """Ask, and call if nothing is wrong; in how many seconds again."""
        troubles = await queue.troubles(self._line)
        if not self._working():
            troubles.append("this runner does not get on with its work")
        if troubles:
            log.warning("no heartbeat reasons=%s", "; ".join(troubles))
            return self._every
        try:
            answer = await self._outbound.deliver_own(
                self._request, monotonic() + _DEADLINE_SECONDS
            )
        except OutboundError as error:
            log.warning("heartbeat failed error=%s", error)
        else:
            if answer.status >= 400:
                log.warning("heartbeat refused status=%d", answer.status)
        return self._every
