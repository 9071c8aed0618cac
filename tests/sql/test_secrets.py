"""Named secrets: written, listed and named by requests, never read."""

import json
from uuid import UUID

import psycopg
import pytest

from tests.conftest import Clock
from tests.factories import call, make_job, make_organization, use


def store(db: psycopg.Connection, name: str = "TOKEN", sealed: bytes = b"sealed") -> None:
    call(db, "store_secret", name=name, sealed=sealed, keyring_id="base")


def problems(error: psycopg.Error) -> list[tuple[str, str]]:
    assert error.sqlstate == "PK422"
    found = json.loads(str(error.diag.message_detail))
    return [(problem["field"], problem["code"]) for problem in found]


def test_a_secret_is_listed_by_name_without_its_value(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    store(db)
    at.move(minutes=1)
    store(db, sealed=b"another")

    rows = db.execute("select * from prikke.list_secrets()").fetchall()

    assert rows == [("TOKEN", at("12:00"), at("12:01"))]


def test_a_change_of_a_secret_tells_runners_to_read_anew_and_leaves_no_value_in_the_audit(
    db: psycopg.Connection, at: Clock, organization: UUID
) -> None:
    changes = []
    for act in (store, _set_anew, _delete):
        act(db)
        changes.append(db.execute("select secrets_changed_at from prikke.organization").fetchone())

    entries = db.execute(
        "select action, before::text || '/' || after::text"
        " from prikke.audit_entry where subject_kind = 'secret' order by position"
    ).fetchall()
    assert len(set(changes)) == 3
    assert [action for action, _ in entries] == ["create", "update", "delete"]
    assert "sealed" not in str(entries).replace('"sealed": "••••••"', "")


def _set_anew(db: psycopg.Connection) -> None:
    store(db, sealed=b"another")


def _delete(db: psycopg.Connection) -> None:
    call(db, "delete_secret", name="TOKEN")


@pytest.mark.parametrize("name", ["", "1ST", "a b", "a-b", "x" * 101, "é"])
def test_a_name_that_no_request_could_hold_is_refused(
    db: psycopg.Connection, organization: UUID, name: str
) -> None:
    with pytest.raises(psycopg.Error) as refusal:
        store(db, name)

    assert problems(refusal.value) == [("name", "invalid")]


def test_a_request_names_secrets_that_exist(db: psycopg.Connection, organization: UUID) -> None:
    store(db)

    make_job(
        db,
        headers={"Authorization": "Bearer {{secret.TOKEN}}"},
        body="{{secret.TOKEN}} and {{secret.TOKEN}}",
    )
    db.execute("select prikke.send('https://example.com', body => '{{secret.TOKEN}}')")
    db.execute(
        "select prikke.send_many(%s)",
        ('[{"url": "https://example.com", "body": "{{secret.TOKEN}}"}]',),
    )


@pytest.mark.parametrize(
    "statement",
    [
        "select prikke.create_job('x', 'https://example.com', body => '{{secret.TOKE}}')",
        "select prikke.send('https://example.com', body => '{{secret.TOKE}}')",
        "select prikke.send('https://example.com', body => '{\"a\": \"{{secret.TOKE}}\"}'::jsonb)",
    ],
)
def test_an_unknown_secret_is_refused_when_the_request_is_saved(
    db: psycopg.Connection, organization: UUID, statement: str
) -> None:
    store(db)

    with pytest.raises(psycopg.Error) as refusal:
        db.execute(statement)

    assert problems(refusal.value) == [("body", "unknown_secret")]
    assert "Did you mean TOKEN?" in str(refusal.value.diag.message_hint)


def test_an_unknown_secret_is_refused_in_a_list_of_sends(
    db: psycopg.Connection, organization: UUID
) -> None:
    with pytest.raises(psycopg.Error) as refusal:
        db.execute(
            "select prikke.send_many(%s)",
            ('[{"url": "https://example.com", "body": "{{secret.NO}}"}]',),
        )

    assert problems(refusal.value) == [("sends[0].body", "unknown_secret")]


def test_every_wrong_mark_in_headers_and_body_is_named(
    db: psycopg.Connection, organization: UUID
) -> None:
    with pytest.raises(psycopg.Error) as refusal:
        make_job(db, headers={"X-A": "{{secret.A}}", "X-B": "{{secret.}}"}, body="{{secret.b c")

    assert sorted(problems(refusal.value)) == [
        ("body", "invalid_secret"),
        ("headers", "invalid_secret"),
        ("headers", "unknown_secret"),
    ]


def test_a_secret_of_another_organization_is_unknown(
    db: psycopg.Connection, organization: UUID
) -> None:
    store(db)
    use(db, make_organization(db, "Other"))

    with pytest.raises(psycopg.Error) as refusal:
        make_job(db, body="{{secret.TOKEN}}")

    assert problems(refusal.value) == [("body", "unknown_secret")]


@pytest.mark.parametrize(
    "fields", [{"headers": {"X-Token": "{{secret.TOKEN}}"}}, {"body": "a {{secret.TOKEN}} b"}]
)
def test_a_secret_that_a_living_job_names_is_not_deleted(
    db: psycopg.Connection, organization: UUID, fields: dict[str, object]
) -> None:
    store(db)
    job = make_job(db, **fields)

    with pytest.raises(psycopg.Error) as refusal:
        _delete(db)
    call(db, "delete_job", id=job)
    _delete(db)

    assert refusal.value.sqlstate == "PK409"
    assert db.execute("select * from prikke.list_secrets()").fetchall() == []


def test_the_check_value_of_the_keyring_changes_once_nothing_is_under_the_old_key(
    db: psycopg.Connection, organization: UUID
) -> None:
    db.execute("select prikke.check_keyring('base:1')")
    store(db)

    early = db.execute("select prikke.replace_keyring_check('new', 'new:2')").fetchone()
    moved = db.execute(
        "select prikke.reseal(s.kind, s.organization_id, s.name, s.sealed, 'fresh', 'new')"
        " from prikke.list_sealed('new') as s"
    ).fetchall()
    late = db.execute("select prikke.replace_keyring_check('new', 'new:2')").fetchone()

    assert (early, moved, late) == ((False,), [(True,)], (True,))
    assert db.execute("select prikke.check_keyring('x')").fetchone() == ("new:2",)


def test_a_value_that_changed_meanwhile_is_not_overwritten_by_resealing(
    db: psycopg.Connection, organization: UUID
) -> None:
    store(db, sealed=b"newer")

    row = db.execute(
        "select prikke.reseal('secret', %s, 'TOKEN', 'older', 'fresh', 'new')", (organization,)
    ).fetchone()

    assert row == (False,)
