"""`prikke jobs`, `send`, `trigger` and `sync`: daily work from a terminal or CI."""

import argparse
import json
import sys
from collections.abc import Iterator
from typing import Any

from prikke.commands.client import Client, client
from prikke.commands.declarations import read_declarations
from prikke.config import Settings


def jobs(arguments: argparse.Namespace, settings: Settings) -> int:
    """All jobs, one a line."""
    with client(settings, arguments.organization) as found:
        job = None
        for job in _every(found, arguments.search):
            print(json.dumps(job, ensure_ascii=False) if arguments.json else _job_line(job))
    if job is None:
        print("no jobs", file=sys.stderr)
    return 0


def _every(found: Client, search: str | None) -> Iterator[dict[str, Any]]:
    query: dict[str, Any] = {"limit": 500, **({"search": search} if search else {})}
    while True:
        page = found.ask("GET", "/api/jobs", query=query)
        yield from page["jobs"]
        if page["next_cursor"] is None:
            return
        query["cursor"] = page["next_cursor"]


def _job_line(job: dict[str, Any]) -> str:
    when = job["cron"] or job["every"] or job["scheduled_at"] or "on demand"
    state = (job["last_status"] or "new") if job["enabled"] else "disabled"
    return "\t".join((job["key"] or job["id"], state, when, job["next_run_at"] or "-", job["name"]))


def send(arguments: argparse.Namespace, settings: Settings) -> int:
    """Queue one delivery; prints its id."""
    body = sys.stdin.read() if arguments.body == "-" else arguments.body
    fields = {
        "url": arguments.url,
        "body": body,
        "method": arguments.method,
        "delay": arguments.delay,
        "key": arguments.key,
        "ref": arguments.ref,
        "queue": arguments.queue,
    }
    with client(settings, arguments.organization) as found:
        made = found.ask(
            "POST",
            "/api/send",
            {name: value for name, value in fields.items() if value is not None},
        )
    print(json.dumps(made) if arguments.json else made["execution"]["id"])
    return 0


def trigger(arguments: argparse.Namespace, settings: Settings) -> int:
    """Run the job of a key once, now; prints the id of the execution."""
    with client(settings, arguments.organization) as found:
        job = found.ask("GET", "/api/jobs/key/{key}", place={"key": arguments.key})["job"]
        made = found.ask("POST", "/api/jobs/{id}/trigger", place={"id": job["id"]})
    print(json.dumps(made) if arguments.json else made["execution"]["id"])
    return 0


def sync(arguments: argparse.Namespace, settings: Settings) -> int:
    """Make the jobs with keys what a file says; with --dry-run only print the difference."""
    content = {
        "jobs": read_declarations(arguments.file),
        "delete_removed": arguments.delete_removed,
        "dry_run": arguments.dry_run,
    }
    with client(settings, arguments.organization) as found:
        made = found.ask("PUT", "/api/sync", content)
    print(json.dumps(made) if arguments.json else "\n".join(_difference(made)))
    return 0


def _difference(made: dict[str, Any]) -> Iterator[str]:
    for job in made["created"]:
        yield f"+ {job['key']}"
    for job in made["updated"]:
        yield f"~ {job['key']}"
        for name, value in job["to"].items():
            yield f"    {name}: {json.dumps(job['from'].get(name))} -> {json.dumps(value)}"
    for job in made["deleted"]:
        yield f"- {job['key']}"
    yield (
        f"{len(made['created'])} created, {len(made['updated'])} updated, "
        f"{len(made['deleted'])} deleted, {len(made['unchanged'])} unchanged"
    )
