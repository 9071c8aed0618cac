"""`prikke import crontab`: proposes jobs for the curl lines of a crontab, or makes them."""

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from prikke.commands.database import direct_url
from prikke.config import Settings
from prikke.crontab import Entry, read_crontab, with_reason
from prikke.errors import ConfigurationError, PrikkeError, Refused, translate

_SYSTEM_FILES = re.compile(r"/etc/(crontab|cron\.d/[^/]+)")


def import_crontab(arguments: argparse.Namespace, settings: Settings) -> int:
    """Say what each line would become; with --apply make it so."""
    entries = read_crontab(
        _read(arguments.file),
        system=arguments.system or bool(_SYSTEM_FILES.fullmatch(arguments.file)),
        timezone=arguments.timezone,
    )
    with psycopg.connect(direct_url(settings), autocommit=True) as conn:
        try:
            conn.execute("select prikke.use_organization(%s)", (arguments.organization,))
            entries, answer = _propose(conn, entries)
            if arguments.apply:
                answer = _sync(conn, entries, dry_run=False)
        except psycopg.Error as error:
            ours = translate(error)
            raise ours from error
    outcomes = _outcomes(answer)
    if arguments.json:
        print(json.dumps(_as_json(entries, outcomes, applied=arguments.apply)))
    else:
        print("\n".join(_as_text(entries, outcomes, applied=arguments.apply)))
    return 0


def _read(file: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}") from error


def _propose(conn: psycopg.Connection, entries: list[Entry]) -> tuple[list[Entry], dict[str, Any]]:
    """What the database would do; what it refuses joins the lines that are left out."""
    try:
        return entries, _sync(conn, entries, dry_run=True)
    except psycopg.Error as error:
        refused = translate(error)
        if not isinstance(refused, Refused) or refused.status != 422:
            raise
    readable = [number for number, entry in enumerate(entries) if entry.job]
    checked = list(entries)
    for problem in refused.errors:
        match = re.match(r"jobs\[(\d+)\]\.?(.*)", problem.field)
        if match is None:
            raise refused
        number = readable[int(match[1])]
        reason = f"{match[2]} {problem.message}".strip()
        checked[number] = with_reason(checked[number], reason)
    return checked, _sync(conn, checked, dry_run=True)


def _sync(conn: psycopg.Connection, entries: list[Entry], *, dry_run: bool) -> dict[str, Any]:
    jobs = [entry.job for entry in entries if entry.job]
    row = conn.execute(
        "select prikke.sync_jobs(%s, dry_run => %s)", (Jsonb(jobs), dry_run)
    ).fetchone()
    if row is None:
        raise PrikkeError("sync_jobs gave no answer")
    answer: dict[str, Any] = row[0]
    return answer


def _outcomes(answer: dict[str, Any]) -> dict[str, str]:
    """What happens to each key: new, changed or unchanged."""
    return (
        dict.fromkeys(answer["unchanged"], "unchanged")
        | {job["key"]: "new" for job in answer["created"]}
        | {job["key"]: "changed" for job in answer["updated"]}
    )


def _as_json(entries: list[Entry], outcomes: dict[str, str], *, applied: bool) -> dict[str, Any]:
    return {
        "applied": applied,
        "lines": [
            {
                "line": entry.line,
                "text": entry.text,
                "outcome": outcomes.get(entry.job["key"]) if entry.job else None,
                "job": entry.job,
                "reason": entry.reason,
                "notes": list(entry.notes),
            }
            for entry in entries
        ],
    }


def _as_text(entries: list[Entry], outcomes: dict[str, str], *, applied: bool) -> list[str]:
    said = []
    for entry in entries:
        if entry.job:
            job = entry.job
            said.append(f"line {entry.line}: {outcomes[job['key']]} job {job['key']}")
            said.append(f"  {job['cron']} ({job['timezone']})  {job['method']} {job['url']}")
            said += [f"  it {note}" for note in entry.notes]
        else:
            said.append(f"line {entry.line}: left out, it {entry.reason}")
            said.append(f"  {entry.text[:90]}")
    taken = sum(entry.job is not None for entry in entries)
    said.append(f"{taken} of {len(entries)} lines {'are jobs now' if applied else 'can be jobs'}.")
    if applied and taken:
        said.append("Now take those lines out of the crontab, or both will call.")
    elif taken:
        said.append("Nothing was changed; --apply makes them.")
    return said
