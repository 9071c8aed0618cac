"""Invitations made with a key or in SQL, where nobody holds a link: they are mailed from here."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial

from prikke.db import Caller, Database
from prikke.http.cookies import new_token, token_hash
from prikke.http.letters import Letters
from prikke.mails.people import invitation_mail

log = logging.getLogger(__name__)

_POLL_SECONDS = 5.0
_CLOSING_SECONDS = 2.0
# So many at once, where there is room for them to be posted.
_AT_ONCE = 20
_CALLER = Caller("prikke_web", statement_timeout="5s", lock_timeout="1s")


@asynccontextmanager
async def mailing_invitations(
    tasks: asyncio.TaskGroup, database: Database, letters: Letters, public_url: str
) -> AsyncIterator[None]:
    """Mail them while this lasts, where mails get anywhere."""
    ended = asyncio.Event()
    if not letters.possible:
        yield
        return
    mailing = tasks.create_task(_mail_on(database, letters, public_url, ended))
    try:
        yield
    finally:
        ended.set()
        # What was taken is posted, unless the database keeps us waiting.
        await asyncio.wait([mailing], timeout=_CLOSING_SECONDS)
        mailing.cancel()


async def _mail_on(
    database: Database, letters: Letters, public_url: str, ended: asyncio.Event
) -> None:
    while not ended.is_set():
        try:
            while letters.room >= _AT_ONCE and await _mail_some(database, letters, public_url):
                pass
        except Exception as error:
            # The application stands and falls with this task; what was not taken stays there.
            log.warning("invitations are not mailed error=%s", error)
        with suppress(TimeoutError):
            async with asyncio.timeout(_POLL_SECONDS):
                await ended.wait()


async def _mail_some(database: Database, letters: Letters, public_url: str) -> bool:
    """Post what waits; whether there may be more."""
    links = {token_hash(token): token for token in (new_token() for _ in range(_AT_ONCE))}
    rows = await database.call("select * from prikke.mail_invitations(%s)", (list(links),), _CALLER)
    for row in rows:
        letters.post(
            partial(
                invitation_mail,
                row["email"],
                f"{public_url}/invitations/{links[bytes(row['token_hash'])]}",
                row["organization"],
                row["role"],
                row["invited_by"],
                row["days"],
            )
        )
    return len(rows) == _AT_ONCE
