"""Compares the server's zone data with this machine's, and next runs with a second opinion."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from croniter import croniter
from croniter.croniter import CroniterError

from prikke.doctor.finding import Finding, ok, warn
from prikke.doctor.patient import Patient

_STEP = timedelta(days=14)
_STEPS = 52
_SHOWN = 3
_RUNS = 3
# What both read alike; where day of month and day of week are both given, the rules differ.
_COMPARABLE = re.compile(r"[0-9*/,a-zA-Z-]+(?: [0-9*/,a-zA-Z-]+){4}")
_SPECIAL = re.compile(r"(?<![a-z])[HLW](?![a-z])|#|L\b")


def check_zones(patient: Patient) -> Iterator[Finding]:
    """Offsets of every zone that both know, over two years."""
    theirs = {str(r["name"]) for r in patient.ask_all("select name from pg_timezone_names")}
    # Names like CET are abbreviations to the server; schedules cannot use them.
    names = sorted(n for n in theirs & available_timezones() if "/" in n or n == "UTC")
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    instants = [start + _STEP * step for step in range(_STEPS)]
    used = {str(s["timezone"]) for s in patient.diagnosis.get("schedules", [])}
    differing = _differing(patient, names, instants)
    lacking = sorted(used - set(names))
    if lacking:
        yield warn(
            "time zones",
            f"this machine does not know {', '.join(lacking)}",
            "update the package tzdata here; next runs are computed by the database only",
        )
    mattering = [name for name in differing if name in used]
    if mattering:
        shown = [_example(patient, name, differing[name]) for name in mattering[:_SHOWN]]
        yield warn(
            "time zones",
            f"{len(mattering)} zones in use differ between the database and this machine: "
            f"{'; '.join(shown)}",
            "one of the two has older zone data: update tzdata where it is older; runs follow the "
            "database",
        )
    elif differing:
        names_shown = ", ".join(list(differing)[:_SHOWN])
        yield ok(
            "time zones",
            f"{len(differing)} of {len(names)} differ from this machine's ({names_shown}, …), "
            "none of them in use",
        )
    else:
        yield ok("time zones", f"{len(names)} zones agree with this machine's over two years")


def check_schedules(patient: Patient) -> Iterator[Finding]:
    """Next runs of schedules in use, computed twice, away from clock changes."""
    schedules: list[dict[str, Any]] = patient.diagnosis.get("schedules", [])
    comparable = [s for s in schedules if is_comparable(s["cron"])][:200]
    now = datetime.now(UTC).replace(microsecond=0)
    differing = []
    for schedule in comparable:
        cron, timezone = schedule["cron"], schedule["timezone"]
        if timezone not in available_timezones() or _changes(ZoneInfo(timezone), now):
            continue
        own = _runs_here(cron, timezone, now)
        theirs = _runs_there(patient, cron, timezone, now)
        if own and own != theirs:
            differing.append(
                f"{cron} in {timezone}: the database says {_words(theirs)}, croniter {_words(own)}"
            )
    if differing:
        yield warn(
            "schedules",
            "; ".join(differing[:_SHOWN]),
            "runs follow the database; if its zone data are old, update its tzdata, "
            "otherwise please report this",
        )
    elif comparable:
        yield ok("schedules", f"next runs confirmed by croniter, of {len(comparable)} compared")


def is_comparable(cron: str) -> bool:
    """Whether croniter reads this text by the same rules."""
    if not _COMPARABLE.fullmatch(cron) or _SPECIAL.search(cron):
        return False
    fields = cron.split(" ")
    return fields[2] == "*" or fields[4] == "*"


def _differing(patient: Patient, names: list[str], instants: list[datetime]) -> dict[str, datetime]:
    """Zones whose offsets differ, each with the first instant where they do."""
    rows = patient.ask_all(
        "select z.name, array_agg(extract(epoch from (i.at at time zone z.name)"
        " - (i.at at time zone 'UTC'))::integer order by i.at) as offsets"
        " from unnest(%s::text[]) as z (name)"
        " cross join unnest(%s::timestamptz[]) as i (at) group by z.name",
        names,
        instants,
    )
    found: dict[str, datetime] = {}
    for row in rows:
        zone = ZoneInfo(row["name"])
        for at, theirs in zip(instants, row["offsets"], strict=True):
            if _offset(zone, at) != theirs:
                found[row["name"]] = at
                break
    return dict(sorted(found.items()))


def _example(patient: Patient, name: str, at: datetime) -> str:
    theirs = _runs_there(patient, "0 9 * * *", name, at)
    own = _runs_here("0 9 * * *", name, at)
    return f"nine o'clock in {name} is {_words(theirs[:1])} there and {_words(own[:1])} here"


def _runs_there(patient: Patient, cron: str, timezone: str, after: datetime) -> list[datetime]:
    rows = patient.ask_all(
        "select r.at from prikke.upcoming_runs(%s, %s, %s, %s) as r (at)",
        cron,
        timezone,
        after,
        _RUNS,
    )
    return [row["at"].astimezone(UTC) for row in rows]


def _runs_here(cron: str, timezone: str, after: datetime) -> list[datetime]:
    try:
        runs = croniter(cron, after.astimezone(ZoneInfo(timezone)), ret_type=datetime)
        return [runs.get_next().astimezone(UTC) for _ in range(_RUNS)]
    except (CroniterError, ValueError):
        return []


def _changes(zone: ZoneInfo, now: datetime) -> bool:
    """Whether the clock changes within the next days: there the two follow different rules."""
    return len({_offset(zone, now + timedelta(days=day)) for day in range(-1, 8)}) > 1


def _offset(zone: ZoneInfo, at: datetime) -> int:
    offset = at.astimezone(zone).utcoffset()
    return int(offset.total_seconds()) if offset else 0


def _words(runs: list[datetime]) -> str:
    return ", ".join(f"{run:%Y-%m-%d %H:%M} UTC" for run in runs) or "nothing"
