"""The reference that readers see, and the examples in it."""

import subprocess
from typing import Any
from uuid import UUID

import jsonschema_rs
import psycopg

from prikke.http.api.openapi import describe
from prikke.http.api.reference import Entry, read_reference
from prikke.http.api.routes import OPERATIONS
from prikke.scopes import scopes
from tests.factories import make_job
from tests.http.api import give_key
from tests.people import make_member

DOCUMENT = describe(OPERATIONS)
REFERENCE = read_reference(DOCUMENT)
ENTRIES = {entry.anchor: entry for group in REFERENCE.groups for entry in group.entries}


def test_every_operation_has_its_place_under_its_resource() -> None:
    described = {(method.upper(), path) for path, ms in DOCUMENT["paths"].items() for method in ms}

    assert {(entry.method, entry.path) for entry in ENTRIES.values()} == described
    assert [group.title for group in REFERENCE.groups][:3] == ["Jobs", "Send", "Executions"]
    assert all(group.entries and group.about for group in REFERENCE.groups)


def test_an_entry_says_what_to_send_what_comes_back_and_what_may_be_wrong() -> None:
    entry = ENTRIES["post_jobs"]

    fields = {each.name: each for each in entry.body}
    assert (entry.scope, entry.status) == ("write", 201)
    assert (fields["url"].required, fields["cron"].required) == (True, False)
    assert fields["overlap"].choices == ("skip", "queue_one", "allow")
    assert fields["max_attempts"].limits == "1 to 20"
    assert fields["scheduled_at"].kind == "instant or null"
    assert "id" not in fields
    assert [(each.name, each.kind) for each in entry.answer] == [
        ("job", "job"),
        ("changes", "object"),
    ]
    assert {fault.status for fault in entry.faults} >= {400, 401, 402, 403, 409, 413, 422, 429, 503}
    assert [each.name for each in entry.parameters] == ["Idempotency-Key"]


def test_a_list_and_a_call_without_a_key_are_told_apart() -> None:
    assert ENTRIES["post_send"].takes_list
    assert ENTRIES["complete"].scope is None
    assert "Authorization" not in ENTRIES["complete"].request
    assert [each.kind for each in ENTRIES["get_jobs"].answer] == ["list of job", "id or null"]


def test_things_are_described_once() -> None:
    things = {thing.name: thing for thing in REFERENCE.things}

    named = {
        each.kind.removeprefix("list of ")
        for entry in ENTRIES.values()
        for each in entry.answer
        if each.kind.removeprefix("list of ") in things
    }
    assert {"job", "execution in full", "attempt", "key", "secret", "usage"} <= named
    assert things["job"].properties[0].kind == "id"


def test_scopes_in_the_description_are_those_that_sql_asks_for(db: psycopg.Connection) -> None:
    for function in {operation.function for operation in OPERATIONS}:
        row = db.execute("select prikke.needed_scope(%s)", (function,)).fetchone()
        assert row == (scopes()[function],), function


def good_contents() -> list[tuple[str, Any]]:
    found = []
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
            contents = [body["content"]["application/json"] for body in bodies if "content" in body]
            found += [(f"{method} {path}", content) for content in contents]
    return found


def test_every_example_fits_what_is_described() -> None:
    wrong = []
    for name, content in good_contents():
        schema = {**content["schema"], "components": DOCUMENT["components"]}
        wrong += [
            (name, error.message, list(error.instance_path))
            for error in jsonschema_rs.Draft202012Validator(schema).iter_errors(content["example"])
        ]

    assert wrong == []
    assert len(good_contents()) > len(OPERATIONS)


def test_every_command_of_the_reference_runs(
    served: str, organization: UUID, db: psycopg.Connection
) -> None:
    key = give_key(db, "write", "admin", "owner")
    values = {
        "USER_ID": str(make_member(db, organization).id),
        "KEY": "weekly",
        "NAME": "mail",
        "ORDERING_KEY": "customer-42",
        "PRIKKE_URL": served,
        "PRIKKE_API_KEY": key,
        "PATH": "/usr/bin:/bin",
    }
    make_job(db, key="weekly")
    # Whom an organization is handed over to stands in the body, by an id that nobody has.
    runnable = [
        entry
        for entry in ENTRIES.values()
        if not {"{id}", "{token}"} & braced(entry.path)
        and entry.anchor != "post_organization_transfer"
    ]

    # What ends a thing comes after what shows it, and the end of the organization last.
    failed: dict[str, str] = {}
    for entry in sorted(runnable, key=lambda each: each.method == "DELETE"):
        if entry.anchor != "delete_organization":
            failed |= run(entry, values)
    failed |= run(ENTRIES["delete_organization"], values)

    assert failed == {}
    assert len(runnable) > 30


def braced(path: str) -> set[str]:
    return {part for part in path.split("/") if part.startswith("{")}


def run(entry: Entry, values: dict[str, str]) -> dict[str, str]:
    """Run the command of an entry; what it printed, if that was no success."""
    done = subprocess.run(
        ["bash", "-euc", entry.request.replace("curl ", 'curl -sS -w "\\n%{http_code}" ', 1)],
        env=values,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    good = done.returncode == 0 and 200 <= int(done.stdout.rpartition("\n")[2]) < 300
    return {} if good else {entry.anchor: done.stdout + done.stderr}
