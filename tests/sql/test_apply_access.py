"""The rights of a login that is bound to one organization."""

from itertools import count
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from prikke.config import Settings
from prikke.install import install
from tests.conftest import Connect
from tests.factories import make_job, make_organization, make_running, use
from tests.virtual_runner import VirtualRunner

# Logins belong to the server, which outlives a test.
_numbers = count(1)


@pytest.fixture
def bound(db: psycopg.Connection, organization: UUID) -> str:
    """A login bound to the organization, so far without rights; a name that has to be quoted."""
    login = f"App-{next(_numbers)} of theirs"
    db.execute(sql.SQL("create role {} login").format(sql.Identifier(login)))
    db.execute(
        "insert into prikke.binding (role_name, organization_id, access) values (%s, %s, 'read')",
        (login, organization),
    )
    return login


def apply(db: psycopg.Connection, login: str, access: str | None) -> None:
    db.execute("select prikke.apply_access(%s, %s)", (login, access))


def row_views(db: psycopg.Connection) -> list[str]:
    return [
        row[0]
        for row in db.execute(
            "select oid::regclass::text from pg_class"
            " where relnamespace = 'prikke'::regnamespace and relkind = 'v'"
            " and pg_get_userbyid(relowner) = 'prikke_owner'"
        )
    ]


def test_whoever_may_read_sees_every_row_view_of_its_organization_alone(
    db: psycopg.Connection,
    connect: Connect,
    runner: VirtualRunner,
    organization: UUID,
    bound: str,
) -> None:
    make_job(db, name="Mine")
    runner.complete(make_running(db, runner))
    other = make_organization(db)
    use(db, other)
    make_job(db, name="Theirs")

    apply(db, bound, "read")

    app = connect(user=bound)
    for view in row_views(db):
        app.execute(f"select * from {view}".encode()).fetchall()
    assert app.execute("select name from prikke.job").fetchall() == [("Mine",)]
    assert app.execute("select name from prikke.list_jobs()").fetchall() == [("Mine",)]
    assert app.execute("select status from prikke.execution").fetchall() == [("success",)]


@pytest.mark.parametrize("role", ["prikke_web", "prikke_reader"])
def test_our_own_roles_read_the_row_views_they_have_rights_on(
    db: psycopg.Connection, connect: Connect, organization: UUID, role: str
) -> None:
    make_job(db)
    db.execute("insert into prikke.binding values (%s, %s, 'read')", (role, organization))
    conn = connect(role=role)

    for view in row_views(db):
        conn.execute(f"select * from {view}".encode()).fetchall()


def test_whoever_may_read_changes_nothing(
    db: psycopg.Connection, connect: Connect, bound: str
) -> None:
    apply(db, bound, "read")
    app = connect(user=bound)

    for statement in (
        "select prikke.create_job(name => 'J', url => 'https://example.com/')",
        "select prikke.send(url => 'https://example.com/')",
        "select prikke.use_organization('acme')",
        "select * from prikke.claim_executions(gen_random_uuid(), 1, '30 s', null, null)",
        "select * from prikke.job_definition",
        "insert into prikke.binding values ('x', gen_random_uuid(), 'write')",
        "select * from prikke.due_execution",
        "select prikke.apply_access('prikke_web', 'write')",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute(statement.encode())


def test_whoever_may_write_schedules_in_its_organization(
    db: psycopg.Connection, connect: Connect, organization: UUID, bound: str
) -> None:
    apply(db, bound, "write")
    app = connect(user=bound)

    app.execute("select prikke.create_job(name => 'J', url => 'https://example.com/')")
    app.execute("select prikke.send(url => 'https://example.com/')")

    assert db.execute("select organization_id from prikke.job_definition").fetchall() == [
        (organization,)
    ]
    assert app.execute("select name from prikke.job").fetchall() == [("J",)]


def test_another_organization_cannot_be_chosen_by_a_setting(
    db: psycopg.Connection, connect: Connect, bound: str
) -> None:
    other = make_organization(db)
    use(db, other)
    make_job(db, name="Theirs")
    apply(db, bound, "write")
    app = connect(user=bound)

    use(app, other)

    assert app.execute("select name from prikke.job").fetchall() == []


def test_rights_are_taken_back_whole(db: psycopg.Connection, connect: Connect, bound: str) -> None:
    apply(db, bound, "write")
    app = connect(user=bound)

    apply(db, bound, "read")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute("select prikke.send(url => 'https://example.com/')")
    apply(db, bound, None)

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute("select * from prikke.job")
    assert db.execute(
        "select count(*) from pg_proc as p cross join lateral aclexplode(p.proacl) as a"
        " where pg_get_userbyid(a.grantee) = %s",
        (bound,),
    ).fetchone() == (0,)


def test_an_install_gives_bound_logins_the_functions_that_came_with_it(
    db: psycopg.Connection, connect: Connect, dsn: str, bound: str
) -> None:
    apply(db, bound, "read")
    db.execute(
        sql.SQL("revoke execute on function prikke.list_queues from {}").format(
            sql.Identifier(bound)
        )
    )
    app = connect(user=bound)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute("select * from prikke.list_queues()")

    install(dsn, Settings())

    app.execute("select * from prikke.list_queues()")


def test_rights_given_twice_change_nothing(db: psycopg.Connection, bound: str) -> None:
    apply(db, bound, "write")
    query = "select array_agg(p.proacl::text order by p.oid) from pg_proc as p"
    before = db.execute(query).fetchone()

    apply(db, bound, "write")

    assert db.execute(query).fetchone() == before
