"""The runner's calls to the database, one function each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from uuid import UUID

from prikke import __version__
from prikke.keyring import Sealed
from prikke.runner.claimed import Claimed, received
from prikke.runner.connection import Line
from prikke.runner.notifier import Channel

Lane = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Tick:
    """What enqueue_due did, and when it is needed next."""

    jobs: int
    ripened: int
    next_due_at: datetime | None
    clock: datetime


@dataclass(frozen=True, slots=True)
class StoredSecret:
    """A row of read_signing_secrets; without a sealed value it is a wish."""

    organization_id: str
    id: str
    sealed: Sealed | None
    expires_at: datetime | None
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Presence:
    """How a runner shows itself to operators."""

    host: str
    process: int
    concurrency: int
    open: int
    stopping: bool
    listening: bool


async def claim(
    line: Line, runner: UUID, room: int, lease: float, after: Lane | None
) -> list[Claimed]:
    """Take up to `room` due executions, beginning behind the lane served last."""
    organization, queue = after or (None, None)
    asked = monotonic()
    rows = await line.call(
        "select * from prikke.claim_executions(%s, %s, %s, %s::uuid, %s)",
        (runner, room, timedelta(seconds=lease), organization, queue),
    )
    return received(rows, asked, lease)


async def complete(line: Line, runner: UUID, results: Sequence[str]) -> dict[str, str]:
    """Report results, each a JSON object as text; the state of those that are not simply done."""
    rows = await line.call(
        "select id, state from prikke.complete_executions(%s, %s::jsonb) where state <> 'done'",
        (runner, f"[{','.join(results)}]"),
    )
    return dict(rows)


async def extend(line: Line, runner: UUID, claims: Sequence[Claimed], lease: float) -> list[str]:
    """Begin leases anew; for each claim `extended`, `lost` or `busy`."""
    rows = await line.call(
        "select id, state from prikke.extend_leases(%s, %s::uuid[], %s::uuid[], %s, %s)",
        (runner, *_tokens(claims), timedelta(seconds=lease)),
    )
    return _in_order(rows, claims)


async def release(line: Line, runner: UUID, claims: Sequence[Claimed]) -> list[str]:
    """Hand claims back uncounted; for each `released`, `lost` or `busy`."""
    rows = await line.call(
        "select id, state from prikke.release_executions(%s, %s::uuid[], %s::uuid[], %s)",
        (runner, *_tokens(claims)),
    )
    return _in_order(rows, claims)


def _tokens(claims: Sequence[Claimed]) -> tuple[list[str], list[str], list[int]]:
    return (
        [claim.organization_id for claim in claims],
        [claim.id for claim in claims],
        [claim.claim_number for claim in claims],
    )


def _in_order(rows: Sequence[tuple[Any, ...]], claims: Sequence[Claimed]) -> list[str]:
    states = dict(rows)
    return [states.get(claim.id, "lost") for claim in claims]


async def enqueue_due(line: Line, limit: int) -> Tick:
    """Turn due times into executions and ready what has become due."""
    rows = await line.call("select * from prikke.enqueue_due(%s)", (limit,))
    return Tick(*rows[0][:4])


async def sleep_until(line: Line, runner: UUID, until: datetime | None) -> None:
    """Tell writers until when this runner sleeps; None: it is awake."""
    await line.call("select prikke.sleep_until(%s, %s)", (runner, until))


async def rescue_expired(line: Line, limit: int) -> int:
    """Take back what dead, frozen and cut-off runners hold."""
    rows = await line.call("select prikke.rescue_expired(%s)", (limit,))
    return int(rows[0][0])


async def keep_history(line: Line) -> tuple[int, int, int]:
    """Partitions made and dropped, old rows deleted."""
    rows = await line.call("select made, dropped, deleted from prikke.keep_history()")
    made, dropped, deleted = rows[0]
    return made, dropped, deleted


async def troubles(line: Line) -> list[str]:
    """What is wrong with the installation as a whole."""
    rows = await line.call("select prikke.troubles()")
    return list(rows[0][0])


async def fold_outcomes(line: Line, limit: int) -> int:
    """Fold results of jobs' executions into what is known of the jobs; how many."""
    rows = await line.call("select prikke.fold_outcomes(%s)", (limit,))
    return int(rows[0][0])


async def fold_tallies(line: Line, limit: int) -> int:
    """Fold counts of completed batches into the tallies; how many."""
    rows = await line.call("select prikke.fold_tallies(%s)", (limit,))
    return int(rows[0][0])


async def keep_statistics(line: Line) -> None:
    """Let the planner know when much waits where little did."""
    await line.call("select prikke.keep_statistics()")


async def check_time_zones(line: Line, limit: int) -> int:
    """Compare zone data with what was seen last; how many jobs are planned anew."""
    rows = await line.call("select prikke.check_time_zones(%s)", (limit,))
    return int(rows[0][0])


async def installation(line: Line) -> dict[str, object]:
    """What is installed, and which programs may work on it."""
    rows = await line.call("select prikke.installation()")
    values: dict[str, object] = rows[0][0]
    return values


async def register(line: Line, runner: UUID, presence: Presence) -> datetime:
    """Say that this runner lives; the database's clock."""
    rows = await line.call(
        "select prikke.register_runner(%s, %s, %s, %s, %s, %s, %s, %s)",
        (
            runner,
            presence.host,
            presence.process,
            __version__,
            presence.concurrency,
            presence.open,
            presence.stopping,
            presence.listening,
        ),
    )
    clock: datetime = rows[0][0]
    return clock


async def forget_runners(line: Line, runner: UUID | None = None) -> int:
    """Remove this runner, and those long unseen."""
    rows = await line.call("select prikke.forget_runners(%s)", (runner,))
    return int(rows[0][0])


async def read_signing_secrets(line: Line, organizations: Sequence[str]) -> list[StoredSecret]:
    """Living signing secrets of organizations, newest first."""
    rows = await line.call(
        "select organization_id, id, sealed, keyring_id, expires_at, secrets_changed_at"
        " from prikke.read_signing_secrets(%s::uuid[])",
        (list(organizations),),
    )
    return [
        StoredSecret(
            organization, secret, Sealed(key, bytes(data)) if data is not None else None, end, at
        )
        for organization, secret, data, key, end, at in rows
    ]


async def read_secrets(line: Line, organizations: Sequence[str]) -> list[tuple[str, str, Sealed]]:
    """Named secrets of organizations: organization, name, and the value as it is sealed."""
    rows = await line.call(
        "select organization_id, name, sealed, keyring_id from prikke.read_secrets(%s::uuid[])",
        (list(organizations),),
    )
    return [
        (organization, name, Sealed(key, bytes(data))) for organization, name, data, key in rows
    ]


async def read_channel(line: Line, organization: str, channel: str) -> Channel | None:
    """Where a notification goes; None: the channel is gone."""
    rows = await line.call(
        "select kind, name, target from prikke.read_channel(%s::uuid, %s::uuid)",
        (organization, channel),
    )
    return Channel(*rows[0]) if rows else None


async def notify(line: Line) -> tuple[bool, int]:
    """Tell channels what changed: whether there is more at once, and deliveries queued."""
    [(more, queued)] = await line.call("select more, queued from prikke.notify()")
    return more, queued


async def watch_limits(line: Line) -> None:
    """See whose plan comes to its end, and whose runs wait too long for a runner."""
    await line.call("select prikke.note_usage(), prikke.note_late()")


async def seal_signing_secret(line: Line, organization: str, secret: str, sealed: Sealed) -> bool:
    """Store a new secret where one was asked for; False when another process was first."""
    rows = await line.call(
        "select prikke.seal_signing_secret(%s::uuid, %s::uuid, %s, %s)",
        (organization, secret, sealed.data, sealed.keyring_id),
    )
    return bool(rows[0][0])


async def check_keyring(line: Line, check_value: str) -> str:
    """The check value of the keyring in use; ours is stored if there is none yet."""
    rows = await line.call("select prikke.check_keyring(%s)", (check_value,))
    return str(rows[0][0])
