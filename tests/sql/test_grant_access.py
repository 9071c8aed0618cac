"""Binding a login to one organization, and everything a bound login might try to step out."""

from collections.abc import Callable
from itertools import count
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb

from tests.conftest import Connect
from tests.factories import call, make_job, make_organization, make_running, use
from tests.virtual_runner import VirtualRunner

# Logins belong to the server, which outlives a test.
_numbers = count(1)
# Functions of the engine that a bound login may call: each decides by itself whose rows it shows.
ENGINE = {
    "current_organization",
    "hides_headers",
    "history_begins",
    "list_invitations",
    "list_members",
    "list_runner_health",
    "list_time_zones",
    "queue_watched",
}
SECRET = "Bearer of-mine"

Login = Callable[..., str]


@pytest.fixture
def login(db: psycopg.Connection) -> Login:
    """Makes logins; names that have to be quoted."""

    def make(options: str = "") -> str:
        name = f"Report-{next(_numbers)}'s"
        db.execute(
            sql.SQL("create role {} login {}").format(sql.Identifier(name), sql.SQL(options))
        )
        return name

    return make


@pytest.fixture
def two(db: psycopg.Connection, organization: UUID) -> UUID:
    """Another organization with a job and a send; in the first one there is one of each too."""
    make_job(db, name="Mine", key="mine", headers={"Authorization": SECRET})
    db.execute("select prikke.send(url => 'https://example.com/mine', ref => 'mine')")
    other = make_organization(db, "Other")
    use(db, other)
    make_job(db, name="Theirs", key="theirs", headers={"Authorization": "Bearer of-theirs"})
    db.execute("select prikke.send(url => 'https://example.com/theirs', ref => 'theirs')")
    use(db, organization)
    return other


def grant(db: psycopg.Connection, role: str, access: str = "read", **more: object) -> None:
    call(
        db,
        "grant_access",
        role=role,
        organization=more.pop("organization", "acme"),
        access=access,
        **more,
    )


def refused(db: psycopg.Connection, role: str, **more: object) -> psycopg.Error:
    with pytest.raises(psycopg.Error) as caught:
        grant(db, role, **more)  # type: ignore[arg-type]
    return caught.value


def jobs(conn: psycopg.Connection) -> list[str]:
    return [row[0] for row in conn.execute("select name from prikke.job order by name").fetchall()]


def test_a_bound_reader_sees_its_organization_and_changes_nothing(
    db: psycopg.Connection, connect: Connect, two: UUID, login: Login
) -> None:
    role = login()

    grant(db, role)

    bound = connect(user=role)
    assert jobs(bound) == ["Mine"]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        make_job(bound)


def test_a_bound_writer_acts_in_its_own_name(
    db: psycopg.Connection, connect: Connect, two: UUID, login: Login
) -> None:
    role = login()
    grant(db, role, "write")
    bound = connect(user=role)
    bound.execute("select set_config('prikke.actor', 'user:boss', false)")
    bound.execute("select set_config('prikke.source', 'page 203.0.113.7', false)")

    make_job(bound, name="New")

    assert jobs(bound) == ["Mine", "New"]
    assert bound.execute(
        "select actor, source from prikke.list_audit(subject_kind => 'job', page_size => 1)"
    ).fetchall() == [(f"role:{role}", "sql local")]


def test_access_is_raised_and_lowered(
    db: psycopg.Connection, connect: Connect, two: UUID, login: Login
) -> None:
    role = login()
    grant(db, role, "write")
    bound = connect(user=role)
    make_job(bound, name="New")

    grant(db, role, "read")

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        make_job(bound)
    assert jobs(bound) == ["Mine", "New"]


def test_revoked_access_is_gone_at_once(
    db: psycopg.Connection, connect: Connect, two: UUID, login: Login
) -> None:
    role = login()
    grant(db, role)
    bound = connect(user=role)

    db.execute("select prikke.revoke_access(%s)", (role,))

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        jobs(bound)
    assert db.execute("select from prikke.list_access()").fetchall() == []
    db.execute(sql.SQL("drop owned by {}").format(sql.Identifier(role)))


def test_bound_logins_are_listed(
    db: psycopg.Connection, two: UUID, login: Login, connect: Connect
) -> None:
    role = login()
    grant(db, role, "write", connection_limit=3)

    listed = db.execute(
        "select role, organization, access, connection_limit, login_exists"
        " from prikke.list_access()"
    ).fetchall()

    assert listed == [(role, "acme", "write", 3, True)]


def test_a_binding_is_on_record(db: psycopg.Connection, two: UUID, login: Login) -> None:
    role = login()
    grant(db, role)
    db.execute("select prikke.revoke_access(%s)", (role,))

    rows = db.execute(
        "select action, subject_id from prikke.list_audit(subject_kind => 'access')"
    ).fetchall()

    assert rows == [("delete", role), ("create", role)]


def test_more_connections_than_granted_are_refused(
    db: psycopg.Connection, connect: Connect, two: UUID, login: Login
) -> None:
    role = login()
    grant(db, role, connection_limit=1)
    connect(user=role)

    with pytest.raises(psycopg.OperationalError, match="too many connections"):
        connect(user=role)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ("superuser", "superuser"),
        ("createrole", "CREATEROLE"),
        ("bypassrls", "BYPASSRLS"),
        ("replication", "REPLICATION"),
        ("in role prikke_web", "prikke_web"),
        ("in role prikke_owner", "prikke_owner"),
        ("in role prikke_engine", "prikke_engine"),
        ("in role pg_read_all_data", "pg_read_all_data"),
    ],
)
def test_a_role_that_could_step_out_is_not_bound(
    db: psycopg.Connection, two: UUID, login: Login, options: str, word: str
) -> None:
    error = refused(db, login(options))

    assert error.sqlstate == "PK409"
    assert word in str(error)
    assert db.execute("select from prikke.binding").fetchall() == []


@pytest.mark.parametrize(
    ("more", "state"),
    [
        ({"organization": "nobody"}, "PK404"),
        ({"access": "admin"}, "PK422"),
    ],
)
def test_wrong_arguments_are_named(
    db: psycopg.Connection, two: UUID, login: Login, more: dict[str, str], state: str
) -> None:
    assert refused(db, login(), **more).sqlstate == state


def test_a_role_that_does_not_exist_is_named(db: psycopg.Connection, two: UUID) -> None:
    error = refused(db, "nobody of that name")

    assert error.sqlstate == "PK404"
    assert 'create role "nobody of that name"' in (error.diag.message_hint or "")


def test_a_login_is_not_moved_to_another_organization_in_passing(
    db: psycopg.Connection, two: UUID, login: Login
) -> None:
    role = login()
    grant(db, role)

    error = refused(db, role, organization="other")

    assert error.sqlstate == "PK409"
    assert "revoke_access" in (error.diag.message_hint or "")


def test_with_one_login_for_everything_it_is_refused_in_a_sentence(
    db: psycopg.Connection, two: UUID, login: Login
) -> None:
    db.execute('select prikke.publish_settings(\'{"role_mode": "single"}\')')

    error = refused(db, login())

    assert error.sqlstate == "PK409"
    assert "--print-roles" in (error.diag.message_hint or "")


@pytest.mark.parametrize("role", ["prikke_web", "prikke_reader", "prikke_runner", None])
def test_nobody_but_the_owner_binds_logins(
    db: psycopg.Connection, connect: Connect, two: UUID, login: Login, role: str | None
) -> None:
    bound = login()
    grant(db, bound, "write")
    conn = connect(role=role) if role else connect(user=bound)

    for statement in (
        "select prikke.grant_access('x', 'acme')",
        "select prikke.revoke_access('x')",
        "select prikke.bind_login('x', 'acme', 'write')",
        "select prikke.unbind_login('x')",
        "insert into prikke.binding values ('x', gen_random_uuid(), 'write')",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute(statement.encode())


# From here on: a login with every right a database usually gives, trying to see the others.


@pytest.fixture
def intruder(
    db: psycopg.Connection, connect: Connect, two: UUID, login: Login
) -> psycopg.Connection:
    """A bound writer who may also make schemas in this database."""
    role = login()
    grant(db, role, "write")
    db.execute(
        sql.SQL("grant create, temporary on database {} to {}").format(
            sql.Identifier(db.info.dbname), sql.Identifier(role)
        )
    )
    return connect(user=role)


def test_settings_lead_nowhere(intruder: psycopg.Connection, two: UUID) -> None:
    use(intruder, two)

    seen = jobs(intruder)
    listed = [row[0] for row in intruder.execute("select name from prikke.list_jobs()").fetchall()]

    assert seen == listed == ["Mine"]
    intruder.execute("set row_security = off")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        jobs(intruder)


@pytest.mark.parametrize(
    "statement",
    [
        "set role prikke_web",
        "set role prikke_owner",
        "set role prikke_engine",
        "set session authorization prikke_web",
        "select set_config('role', 'prikke_engine', false)",
        "select set_config('session_authorization', 'prikke_owner', false)",
    ],
)
def test_no_role_of_ours_can_be_taken(intruder: psycopg.Connection, statement: str) -> None:
    with pytest.raises(
        (psycopg.errors.InsufficientPrivilege, psycopg.errors.InvalidParameterValue)
    ):
        intruder.execute(statement.encode())

    assert jobs(intruder) == ["Mine"]


def test_a_role_given_later_does_not_lead_to_its_organization(
    db: psycopg.Connection, intruder: psycopg.Connection, two: UUID, login: Login
) -> None:
    theirs = login()
    grant(db, theirs, organization="other")
    db.execute(
        sql.SQL("grant {} to {}").format(sql.Identifier(theirs), sql.Identifier(intruder.info.user))
    )

    intruder.execute(sql.SQL("set role {}").format(sql.Identifier(theirs)))

    assert jobs(intruder) == ["Mine"]


def test_own_operators_and_functions_before_ours_see_nothing_more(
    intruder: psycopg.Connection, two: UUID
) -> None:
    """Names of pg_catalog can be covered by whoever sets a search path."""
    intruder.execute("create schema mine")
    intruder.execute("create table mine.seen (what text)")
    for name, left, right in (
        ("!~*", "text", "text"),
        ("~*", "text", "text"),
        ("=", "uuid", "uuid"),
        (">", "timestamptz", "timestamptz"),
        ("->", "jsonb", "text"),
    ):
        function = f"f{next(_numbers)}"
        intruder.execute(
            f"create function mine.{function}({left}, {right}) returns boolean language plpgsql as"
            f" $$ begin insert into mine.seen values ($1::text); return true; end $$".encode()
        )
        intruder.execute(
            f"create operator mine.{name} (leftarg = {left}, rightarg = {right},"
            f" function = mine.{function})".encode()
        )
    intruder.execute(
        "create function mine.jsonb_each(jsonb) returns table (key text, value jsonb)"
        " language plpgsql as $$ begin insert into mine.seen values ($1::text);"
        " return query select 'k', $1; end $$"
    )
    intruder.execute(
        "create function mine.current_setting(text, boolean) returns text language sql as"
        f" $$ select '{two}'::text $$".encode()
    )
    intruder.execute("create temporary table job_definition (organization_id uuid, name text)")
    intruder.execute("create temporary table binding (role_name name, organization_id uuid)")
    intruder.execute("set search_path = mine, pg_temp, pg_catalog")

    shown = intruder.execute("select headers, to_jsonb(j)::text from prikke.job as j").fetchall()
    intruder.execute("select prikke.get_job(key => 'mine')")
    intruder.execute("select * from prikke.list_executions()")
    intruder.execute("select prikke.update_job(id, priority => 2) from prikke.job")
    intruder.execute("table prikke.execution")

    seen = intruder.execute("select what from mine.seen").fetchall()
    assert SECRET not in str(shown) + str(seen)
    assert "theirs" not in (str(shown) + str(seen)).lower()


def test_a_condition_that_talks_is_not_asked_about_rows_of_others(
    intruder: psycopg.Connection,
) -> None:
    heard: list[str] = []
    intruder.add_notice_handler(lambda notice: heard.append(notice.message_primary or ""))
    intruder.execute(
        "create function pg_temp.told(text) returns boolean language plpgsql cost 0.0000001 as"
        " $$ begin raise notice '%', $1; return true; end $$"
    )

    intruder.execute("select from prikke.job where pg_temp.told(name)")
    intruder.execute("select from prikke.execution where pg_temp.told(url)")
    intruder.execute("select from prikke.audit where pg_temp.told(after::text)")

    assert any("Mine" in line for line in heard)
    assert "theirs" not in " ".join(heard).lower()
    assert SECRET not in " ".join(heard)


def test_what_is_not_theirs_looks_like_what_does_not_exist(
    db: psycopg.Connection, intruder: psycopg.Connection, two: UUID
) -> None:
    use(db, two)
    foreign = [
        ("job", call(db, "get_job", key="theirs")["id"]),
        ("execution", db.execute("select id from prikke.execution").fetchone()[0]),  # type: ignore[index]
        ("change", db.execute("select id from prikke.audit limit 1").fetchone()[0]),  # type: ignore[index]
    ]
    missing = UUID("01980000-0000-7000-8000-000000000000")
    calls = {
        "job": (
            "get_job(%s::uuid)",
            "update_job(%s)",
            "pause_job(%s)",
            "delete_job(%s)",
            "restore_job(%s)",
            "run_now(%s)",
            "list_versions(%s)",
            "duplicate_job(%s)",
        ),
        "execution": ("get_execution(%s)", "cancel_execution(%s)", "replay_execution(%s)"),
        "change": ("revert(%s)",),
    }

    for kind, identifier in foreign:
        for function in calls[kind]:
            answers = [ended(intruder, function, key) for key in (identifier, missing)]
            assert answers[0].replace(str(identifier), "X") == answers[1].replace(str(missing), "X")
            assert answers[0].startswith("PK404")

    assert ended(intruder, "cancel_sends(%s)", "theirs") == "0"
    assert call(intruder, "replay_executions", status=None)["matched"] == 0


def ended(conn: psycopg.Connection, function: str, argument: object) -> str:
    try:
        row = conn.execute(f"select prikke.{function}".encode(), (argument,)).fetchone()
    except psycopg.Error as error:
        return f"{error.sqlstate} {error.diag.message_primary}"
    assert row is not None
    return str(row[0])


def test_a_key_of_another_organization_is_free(intruder: psycopg.Connection) -> None:
    make_job(intruder, name="New", key="theirs")
    answer = intruder.execute(
        "select prikke.sync_jobs(%s, delete_removed => true)", (Jsonb([]),)
    ).fetchone()

    assert answer is not None
    assert [job["key"] for job in answer[0]["deleted"]] == ["mine", "theirs"]


def test_no_table_no_statistic_and_no_operators_view_is_theirs(
    db: psycopg.Connection, intruder: psycopg.Connection
) -> None:
    db.execute("analyze prikke.job_definition")

    readable = intruder.execute(
        "select c.relname, c.relkind from pg_class as c"
        " where c.relnamespace = 'prikke'::regnamespace and c.relkind in ('r', 'p', 'S', 'v', 'm')"
        " and (has_table_privilege(c.oid, 'select, insert, update, delete, truncate, references,"
        " trigger') or case when c.relkind = 'S' then has_sequence_privilege(c.oid, 'usage') end)"
    ).fetchall()
    owned = db.execute(
        "select relname::text from pg_class where relnamespace = 'prikke'::regnamespace"
        " and relkind = 'v' and relowner = 'prikke_owner'::regrole"
    ).fetchall()
    statistics = intruder.execute("select from pg_stats where schemaname = 'prikke'").fetchall()

    assert {row[0] for row in readable} == {row[0] for row in owned}
    assert statistics == []


def test_functions_that_cross_organizations_are_not_theirs_but_for_a_few(
    intruder: psycopg.Connection,
) -> None:
    callable_ones = intruder.execute(
        "select p.proname from pg_proc as p where p.pronamespace = 'prikke'::regnamespace"
        " and p.proowner = 'prikke_engine'::regrole and has_function_privilege(p.oid, 'execute')"
    ).fetchall()

    assert {row[0] for row in callable_ones} <= ENGINE


def test_functions_inside_row_views_cannot_be_bent_by_a_search_path(
    db: psycopg.Connection,
) -> None:
    bendable = db.execute(
        "select distinct p.proname from pg_depend as d"
        " join pg_rewrite as r on r.oid = d.objid and d.classid = 'pg_rewrite'::regclass"
        " join pg_class as c on c.oid = r.ev_class"
        " join pg_proc as p on p.oid = d.refobjid and d.refclassid = 'pg_proc'::regclass"
        " where c.relnamespace = 'prikke'::regnamespace and c.relowner = 'prikke_owner'::regrole"
        " and p.pronamespace = 'prikke'::regnamespace and p.prosqlbody is null"
        " and not coalesce(p.proconfig::text ~ 'search_path', false)"
    ).fetchall()

    # They are given ids and instants that the view shows anyway.
    assert {row[0] for row in bendable} <= {"clock", "scheduled_id"}


def test_the_reader_of_operations_sees_no_bodies_headers_or_secrets(
    db: psycopg.Connection, connect: Connect, runner: VirtualRunner, organization: UUID
) -> None:
    make_running(db, runner, body="private words", headers={"X-Token": "private token"})
    reader = connect(role="prikke_reader")
    views = [
        row[0]
        for row in db.execute(
            "select oid::regclass::text from pg_class where relnamespace = 'prikke'::regnamespace"
            " and relkind = 'v' and relowner = 'prikke_engine'::regrole"
        ).fetchall()
    ]

    for view in views:
        cursor = reader.execute(f"select * from {view}".encode())
        columns = {column.name for column in cursor.description or []}
        rows = str(cursor.fetchall())

        assert not columns & {"body", "headers", "response_body", "response_headers", "sealed"}
        assert "private" not in rows

    use(reader, organization)
    for table in ("job", "execution", "attempt", "audit"):
        with pytest.raises(psycopg.Error) as caught:
            reader.execute(f"select * from prikke.{table}".encode())
        assert caught.value.sqlstate == "PK403"
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.execute("select * from prikke.live_execution")
