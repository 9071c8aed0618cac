"""What the first pages of a process would wait for, done before it is ready."""

import asyncio
import logging
from time import monotonic
from typing import LiteralString
from uuid import UUID

import psycopg

from prikke.db import Caller, Database
from prikke.errors import PrikkeError, Refused
from prikke.http.templating import environment

log = logging.getLogger(__name__)

_NOBODY = Caller("prikke_web", UUID(int=0), statement_timeout="1s", lock_timeout="100ms")
# What pages read. PostgreSQL parses and plans a function at its first call on a connection; for an
# organization that does not exist that is all it does.
_READS: tuple[LiteralString, ...] = (
    "select * from prikke.enter_page(decode(repeat('00', 32), 'hex'))",
    "select prikke.overview()",
    "select * from prikke.attention()",
    "select id from prikke.list_executions()",
    "select * from prikke.list_queues()",
    "select id from prikke.list_jobs()",
    "select * from prikke.last_runs('{}')",
    "select * from prikke.forecast()",
)


async def warm_up(database: Database, within: float = 1.0) -> None:
    """Compile the templates, and make a connection's first calls; no error of these is one."""
    began = monotonic()
    try:
        async with asyncio.timeout(within):
            for query in _READS:
                await _read(database, query)
            for name in environment().list_templates(filter_func=_is_soon_wanted):
                environment().get_template(name)
                await asyncio.sleep(0)
    except (TimeoutError, PrikkeError, psycopg.Error) as error:
        log.warning("the first pages will be slower error=%s", str(error) or "it takes too long")
    log.debug("warmed up ms=%.0f", (monotonic() - began) * 1000)


def _is_soon_wanted(name: str) -> bool:
    return name.endswith(".html") and not name.startswith("docs/")


async def _read(database: Database, query: LiteralString) -> None:
    try:
        await database.call(query, caller=_NOBODY)
    except Refused as error:
        log.debug("nobody was refused, as they should be error=%s", error)
