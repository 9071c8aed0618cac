"""Secrets, opened, by organization; makes the signing secrets that were asked for."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from prikke.keyring import SIGNING_SECRET, CannotOpen, Keyring, Sealed, secret_purpose
from prikke.runner import queue
from prikke.runner.claimed import Claimed
from prikke.runner.connection import Line
from prikke.runner.request import SigningSecrets
from prikke.signing import new_signing_secret

log = logging.getLogger(__name__)

_MOST = 10_000


@dataclass(frozen=True, slots=True)
class _Opened:
    """An organization's secrets as they were at `changed_at`; good until the first one ends."""

    secrets: SigningSecrets
    changed_at: datetime
    good_until: datetime | None


class Secrets:
    """The cache. A claim says when its organization's secrets last changed."""

    def __init__(self, line: Line, durable_line: Line, keyring: Keyring) -> None:
        """`durable_line` is used, and closed again, when a secret is made."""
        self._line = line
        self._durable_line = durable_line
        self._keyring = keyring
        self._opened: dict[str, _Opened] = {}

    def known(self, claim: Claimed) -> SigningSecrets | None:
        """The secrets for a claim, if they are here and fresh."""
        opened = self._opened.get(claim.organization_id)
        if opened is None or opened.changed_at != claim.secrets_changed_at:
            return None
        if opened.good_until is not None and claim.clock >= opened.good_until:
            return None
        return opened.secrets

    async def read(self, organizations: Iterable[str]) -> dict[str, SigningSecrets]:
        """Fresh secrets; an organization whose secrets cannot be opened is left out."""
        wanted = list(set(organizations))
        rows = await queue.read_signing_secrets(self._line, wanted)
        wishes = [row for row in rows if row.sealed is None]
        if wishes:
            for wish in wishes:
                sealed = self._keyring.seal(
                    new_signing_secret(), UUID(wish.organization_id), SIGNING_SECRET
                )
                await queue.seal_signing_secret(
                    self._durable_line, wish.organization_id, wish.id, sealed
                )
            await self._durable_line.close()
            rows = await queue.read_signing_secrets(self._line, wanted)
        named = self._open_named(await queue.read_secrets(self._line, wanted))
        found: dict[str, SigningSecrets] = {}
        for organization in wanted:
            opened = self._open(
                [row for row in rows if row.organization_id == organization],
                named.get(organization, {}),
            )
            if opened is not None:
                if len(self._opened) >= _MOST:
                    del self._opened[next(iter(self._opened))]
                self._opened[organization] = opened
                found[organization] = opened.secrets
        return found

    def _open_one(self, sealed: Sealed, organization: str) -> str:
        return self._keyring.open(sealed, UUID(organization), SIGNING_SECRET)

    def _open_named(self, rows: list[tuple[str, str, Sealed]]) -> dict[str, dict[str, str]]:
        """Values by organization and name; one that cannot be opened stops only who names it."""
        found: dict[str, dict[str, str]] = {}
        for organization, name, sealed in rows:
            try:
                value = self._keyring.open(sealed, UUID(organization), secret_purpose(name))
            except CannotOpen as error:
                log.error("secret organization=%s name=%s error=%s", organization, name, error)
                continue
            found.setdefault(organization, {})[name] = value
        return found

    def _open(self, rows: list[queue.StoredSecret], named: dict[str, str]) -> _Opened | None:
        live: list[str] = []
        for row in rows:
            if row.sealed is None:
                continue
            try:
                live.append(self._open_one(row.sealed, row.organization_id))
            except CannotOpen as error:
                log.error("signing secret organization=%s error=%s", row.organization_id, error)
                return None
        if not live:
            return None
        ends = [row.expires_at for row in rows if row.expires_at is not None]
        return _Opened(
            SigningSecrets(tuple(live), named), rows[0].changed_at, min(ends, default=None)
        )


async def check_keyring(line: Line, keyring: Keyring) -> None:
    """Refuse to start with another keyring than the one this database was sealed with."""
    keyring.require_fit(await queue.check_keyring(line, keyring.check_value()))
