"""Installing: every role situation, again, at the same time, after a crash, beside live work."""

import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from prikke import embedded, release, sqlfiles
from prikke.config import Settings
from prikke.doctor import examine
from prikke.errors import ConfigurationError, NotReady, PrikkeError, Unavailable
from prikke.install import install, uninstall
from prikke.installer import locks
from prikke.installer.roles import ROLES, role_statements
from tests.conftest import Connect, throwaway_home
from tests.virtual_runner import VirtualRunner

# A name that has to be quoted wherever it goes.
LOGIN = "Carol-1"


@pytest.fixture
def cluster(binaries: Path | None) -> Iterator[embedded.Server]:
    """A server where no role of ours exists yet: roles belong to all its databases."""
    with (
        throwaway_home() as home,
        embedded.serve(home, embedded.THROWAWAY, binaries) as server,
    ):
        yield server


@pytest.fixture
def empty(
    server: embedded.Server, admin: psycopg.Connection, used: list[str]
) -> Iterator[Callable[[], str]]:
    """Makes empty databases."""
    with ExitStack() as stack:

        def make() -> str:
            name = f"empty_{id(stack)}_{len(used)}_{threading.get_ident()}"
            admin.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
            used.append(name)
            return server.dsn(name)

        yield make


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of sql/ that a test may change, as the next release would."""
    copy = tmp_path / "sql"
    shutil.copytree(sqlfiles.sql_root(), copy)
    monkeypatch.setattr(sqlfiles, "ROOT", copy)
    return copy


def database_of(cluster: embedded.Server, options: str) -> str:
    """A database that belongs to a login with these options; where to connect as that login."""
    with psycopg.connect(cluster.dsn(), autocommit=True) as conn:
        conn.execute(f'create role "{LOGIN}" login {options}'.encode())
        conn.execute(f'create database theirs owner "{LOGIN}"'.encode())
    return cluster.dsn("theirs", user=LOGIN)


def schedules(dsn: str) -> bool:
    """Whether a job can be made and seen there."""
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(
            "select prikke.use_organization(slug) from prikke.create_organization(name => 'Acme')"
        )
        conn.execute(
            "select prikke.create_job(name => 'J', url => 'https://example.com/',"
            " cron => '0 3 * * *')"
        )
        row = conn.execute("select name from prikke.job").fetchone()
    return row == ("J",)


def described(dsn: str) -> list[tuple[object, ...]]:
    """Everything in the schema, with its owner and rights, and what it is made of."""
    with psycopg.connect(dsn, autocommit=True) as conn:
        return conn.execute("""
            select 'relation', c.relname::text, c.relowner::regrole::text,
              c.relkind::text || c.relrowsecurity || c.relforcerowsecurity,
              array(select a::text from unnest(c.relacl) as a order by 1)::text
            from pg_class as c where c.relnamespace = 'prikke'::regnamespace
            union all
            select 'function', p.oid::regprocedure::text, p.proowner::regrole::text,
              md5(p.prosrc) || p.proconfig::text,
              array(select a::text from unnest(p.proacl) as a order by 1)::text
            from pg_proc as p where p.pronamespace = 'prikke'::regnamespace
            union all
            select 'policy', p.polname::text, p.polrelid::regclass::text,
              pg_get_expr(p.polqual, p.polrelid), p.polroles::regrole[]::text
            from pg_policy as p
            union all
            select 'trigger', t.tgname::text, t.tgrelid::regclass::text,
              pg_get_triggerdef(t.oid), t.tgenabled::text
            from pg_trigger as t
            where not t.tgisinternal
              and t.tgrelid in (select oid from pg_class
                where relnamespace = 'prikke'::regnamespace)
            union all
            select 'migration', m.migration_id, '', '', '' from prikke.migration as m
            order by 1, 2, 3
        """).fetchall()


def test_a_superuser_installs_with_roles(cluster: embedded.Server) -> None:
    done = install(cluster.dsn(), Settings())

    assert not done.mode.single
    assert schedules(cluster.dsn())


def test_an_owner_who_may_create_roles_installs_with_roles(cluster: embedded.Server) -> None:
    dsn = database_of(cluster, "createrole")

    done = install(dsn, Settings())

    assert not done.mode.single
    assert schedules(dsn)
    assert install(dsn, Settings()).migrations == ()


def test_prepared_roles_are_enough(cluster: embedded.Server) -> None:
    with psycopg.connect(cluster.dsn(), autocommit=True) as conn:
        conn.execute(f'create role "{LOGIN}" login'.encode())
        conn.execute("create database theirs")
        conn.execute(role_statements(LOGIN, "theirs").encode())
    dsn = cluster.dsn("theirs", user=LOGIN)

    done = install(dsn, Settings())

    assert not done.mode.single
    assert schedules(dsn)
    assert install(dsn, Settings()).migrations == ()


def test_the_printed_roles_can_be_made_twice(cluster: embedded.Server) -> None:
    with psycopg.connect(cluster.dsn(), autocommit=True) as conn:
        conn.execute(f'create role "{LOGIN}" login'.encode())
        for _ in range(2):
            conn.execute(role_statements(LOGIN, "postgres").encode())

        count = conn.execute(
            "select count(*) from pg_roles where rolname = any (%s)", (list(ROLES),)
        ).fetchone()

    assert count == (5,)


def test_a_login_without_either_owns_everything_itself(cluster: embedded.Server) -> None:
    dsn = database_of(cluster, "nocreaterole")

    done = install(dsn, Settings())

    assert done.mode.single
    assert done.mode.reason
    assert schedules(dsn)
    with psycopg.connect(dsn) as conn:
        forced = conn.execute(
            "select bool_and(relforcerowsecurity) from pg_class"
            " where relnamespace = 'prikke'::regnamespace and relkind in ('r', 'p')"
        ).fetchone()
    assert forced == (True,)
    found = {each.check: each for each in examine(Settings(database_url=dsn), dsn)}
    assert found["roles"].says.startswith("one login owns everything")
    assert "--print-roles" in (found["roles"].advice or "")


def test_a_login_that_may_only_create_a_schema_can_work_with_it(
    cluster: embedded.Server,
) -> None:
    dsn = database_of(cluster, "nocreaterole")
    with psycopg.connect(cluster.dsn(), autocommit=True) as conn:
        conn.execute("alter database theirs owner to postgres")
        conn.execute(f'grant create on database theirs to "{LOGIN}"'.encode())

    done = install(dsn, Settings())

    assert done.mode.single
    assert schedules(dsn)


def test_in_single_role_mode_one_organization_does_not_see_another(
    cluster: embedded.Server,
) -> None:
    dsn = database_of(cluster, "nocreaterole")
    install(dsn, Settings())
    schedules(dsn)

    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(
            "select prikke.use_organization(slug) from prikke.create_organization(name => 'Other')"
        )
        row = conn.execute("select count(*) from prikke.job_definition").fetchone()

    assert row == (0,)


def test_in_single_role_mode_runners_share_the_work(cluster: embedded.Server) -> None:
    dsn = database_of(cluster, "nocreaterole")
    install(dsn, Settings())
    schedules(dsn)
    with ExitStack() as stack:
        connections = [stack.enter_context(psycopg.connect(dsn, autocommit=True)) for _ in range(3)]
        client, runners = connections[0], [VirtualRunner(conn) for conn in connections[1:]]
        runners[0].keep_history()
        client.execute("select prikke.use_organization('acme')")
        client.execute(
            "select prikke.send(url => 'https://example.com/') from generate_series(1, 200)"
        )

        with ThreadPoolExecutor(2) as threads:
            taken = list(threads.map(lambda runner: list(delivered(runner)), runners))

        rows = client.execute("select count(*) from prikke.execution where status = 'success'")
        assert rows.fetchone() == (200,)
    assert sorted(set(taken[0]) | set(taken[1])) == sorted(taken[0] + taken[1])
    assert len(taken[0] + taken[1]) == 200


def delivered(runner: VirtualRunner) -> Iterator[UUID]:
    """Everything one runner gets and completes.

    A claim beside it may hold rows for a moment that it found taken: `busy` says to report again.
    """
    while claims := runner.work(room=7):
        results = {claim.id: runner.result(claim) for claim in claims}
        while results:
            for execution, state in runner.report(list(results.values())).items():
                assert state in {"done", "busy"}
                if state == "done":
                    del results[execution]
                    yield execution


def test_single_role_mode_can_be_left(cluster: embedded.Server) -> None:
    dsn = database_of(cluster, "nocreaterole")
    install(dsn, Settings())
    schedules(dsn)
    with psycopg.connect(cluster.dsn(), autocommit=True) as conn:
        conn.execute(role_statements(LOGIN, "theirs").encode())

    done = install(dsn, Settings())

    assert not done.mode.single
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute("select prikke.use_organization('acme')")
        assert conn.execute("select name from prikke.job").fetchone() == ("J",)


def test_a_schema_with_roles_is_not_taken_by_a_login_outside_them(
    cluster: embedded.Server,
) -> None:
    install(cluster.dsn(), Settings())
    with psycopg.connect(cluster.dsn(), autocommit=True) as conn:
        conn.execute(f'create role "{LOGIN}" login'.encode())

    with pytest.raises(ConfigurationError, match="--print-roles"):
        install(cluster.dsn(user=LOGIN), Settings())


def test_a_login_that_may_not_create_a_schema_is_told_what_to_run(
    cluster: embedded.Server,
) -> None:
    with psycopg.connect(cluster.dsn(), autocommit=True) as conn:
        conn.execute(f'create role "{LOGIN}" login'.encode())

    with pytest.raises(ConfigurationError, match="--print-roles"):
        install(cluster.dsn(user=LOGIN), Settings())


def test_installing_again_changes_nothing(dsn: str) -> None:
    before = described(dsn)

    install(dsn, Settings())
    again = install(dsn, Settings())

    assert again.migrations == ()
    assert again.strays == ()
    # The tests' own clock has given way to the real one.
    assert [row for row in described(dsn) if row[1] != "prikke.clock()"] == [
        row for row in before if row[1] != "prikke.clock()"
    ]


def test_installing_again_waits_for_nobody_at_work(
    dsn: str, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "TRIES", 1)
    install(dsn, Settings())
    worker = connect(autocommit=False)
    for relation, kind in worker.execute(
        "select oid::regclass::text, relkind::text from pg_class"
        " where relnamespace = 'prikke'::regnamespace and relkind in ('r', 'p', 'v')"
    ).fetchall():
        if kind == "v":
            worker.execute(f"select from {relation} limit 0".encode())
        else:
            worker.execute(f"lock table {relation} in row exclusive mode".encode())

    done = install(dsn, Settings())

    assert done.migrations == ()


def test_an_install_that_gets_no_lock_says_who_is_in_the_way(
    dsn: str, connect: Connect, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "TRIES", 1)
    reader = connect(autocommit=False)
    reader.execute("lock table prikke.setting in access share mode")
    newest = sorted((tree / "migrations").glob("[0-9]*.sql"))[-1].name.split(".")[:2]
    (tree / "migrations" / "9999.setting_note.sql").write_text(
        f"-- depends: {'.'.join(newest)}\nalter table prikke.setting add column note text;\n"
    )

    with pytest.raises(Unavailable, match="pg_stat_activity"):
        install(dsn, Settings())


def test_two_installs_at_once_both_succeed(empty: Callable[[], str]) -> None:
    dsn = empty()

    with ThreadPoolExecutor(2) as threads:
        both = list(threads.map(lambda _: install(dsn, Settings()), range(2)))

    assert sorted(bool(done.migrations) for done in both) == [False, True]


def test_installs_in_two_databases_of_a_new_server_do_not_collide(
    cluster: embedded.Server,
) -> None:
    with psycopg.connect(cluster.dsn(), autocommit=True) as conn:
        conn.execute("create database other")
    databases = [cluster.dsn(), cluster.dsn("other")]

    with ThreadPoolExecutor(2) as threads:
        both = list(threads.map(lambda dsn: install(dsn, Settings()), databases))

    assert all(done.migrations for done in both)


def test_an_install_cut_off_at_any_point_can_be_run_again(empty: Callable[[], str]) -> None:
    whole = empty()
    with _ends_its_session(whole, at=0) as statements:
        install(whole, Settings())
        count = statements()

    for eighth in range(8):
        dsn = empty()
        at = 1 + eighth * (count - 1) // 7
        with _ends_its_session(dsn, at), pytest.raises((PrikkeError, psycopg.Error)):
            install(dsn, Settings())
        install(dsn, Settings())

        assert described(dsn) == described(whole), f"{at} of {count}"


@contextmanager
def _ends_its_session(dsn: str, at: int) -> Iterator[Callable[[], int]]:
    """Whoever makes the statement with this number there is cut off; answers how many were made."""
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(
            """
            create sequence public.statements;
            create function public.cut_off() returns event_trigger
            language plpgsql security definer as $$
            begin
              if nextval('public.statements') = AT then
                perform pg_terminate_backend(pg_backend_pid());
              end if;
            end $$""".replace("AT", str(at))
        )
        conn.execute("create event trigger cut_off on ddl_command_end execute function cut_off()")

        def statements() -> int:
            [made] = conn.execute("select last_value from public.statements").fetchone() or (0,)
            return int(made)

        try:
            yield statements
        finally:
            conn.execute("drop event trigger cut_off")
            conn.execute("drop function public.cut_off; drop sequence public.statements")


def test_a_function_no_file_holds_any_more_is_dropped(dsn: str, db: psycopg.Connection) -> None:
    db.execute("create function prikke.long_gone(a integer) returns integer return a")

    done = install(dsn, Settings())

    assert done.strays == ("long_gone",)
    assert db.execute("select to_regproc('prikke.long_gone') is null").fetchone() == (True,)


def test_a_changed_signature_takes_its_dependents_along(
    dsn: str, db: psycopg.Connection, tree: Path
) -> None:
    folder = tree / "functions" / "install"
    (folder / "doubled.sql").write_text(
        "create or replace function prikke.doubled(p_a integer) returns integer"
        " language sql immutable as 'select p_a * 2';"
    )
    (tree / "views" / "row" / "twice.sql").write_text(
        "create or replace view prikke.twice as select prikke.doubled(2) as four;"
    )
    (folder / "all_twice.sql").write_text(
        "create or replace function prikke.all_twice() returns setof prikke.twice"
        " language sql stable as 'select * from prikke.twice';"
    )
    install(dsn, Settings())
    (folder / "doubled.sql").write_text(
        "create or replace function prikke.doubled(p_b integer) returns bigint"
        " language sql immutable as 'select p_b * 2::bigint';"
    )

    install(dsn, Settings())

    assert db.execute("select pg_typeof(four)::text, four from prikke.all_twice()").fetchone() == (
        "bigint",
        4,
    )


def test_other_parameters_and_a_comment_on_the_name_alone_are_loaded(
    dsn: str, db: psycopg.Connection, tree: Path
) -> None:
    path = tree / "functions" / "install" / "doubled.sql"
    for parameters in ("p_a integer", "p_a integer, p_b integer"):
        path.write_text(
            f"create or replace function prikke.doubled({parameters}) returns integer"
            " language sql immutable as 'select p_a * 2';"
            " comment on function prikke.doubled is 'Twice as much.';"
        )
        install(dsn, Settings())

    found = db.execute(
        "select pg_get_function_arguments(oid) from pg_proc where proname = 'doubled'"
    ).fetchall()
    assert found == [("p_a integer, p_b integer",)]


def test_an_overload_the_file_no_longer_holds_is_dropped(
    dsn: str, db: psycopg.Connection, tree: Path
) -> None:
    path = tree / "functions" / "install" / "doubled.sql"
    path.write_text(
        "create or replace function prikke.doubled(p_a integer) returns integer"
        " language sql immutable as 'select p_a * 2';"
    )
    install(dsn, Settings())
    path.write_text(
        "create or replace function prikke.doubled(p_a bigint) returns bigint"
        " language sql immutable as 'select p_a * 2';"
    )

    install(dsn, Settings())

    assert db.execute(
        "select array_agg(oid::regprocedure::text) from pg_proc where proname = 'doubled'"
    ).fetchone() == (["prikke.doubled(bigint)"],)


def test_something_of_the_users_is_never_dropped_along(
    dsn: str, db: psycopg.Connection, tree: Path
) -> None:
    path = tree / "functions" / "install" / "doubled.sql"
    path.write_text(
        "create or replace function prikke.doubled(p_a integer) returns integer"
        " language sql immutable as 'select p_a * 2';"
    )
    install(dsn, Settings())
    db.execute("create view public.report as select prikke.doubled(2)")
    path.write_text(path.read_text().replace("p_a", "p_b"))

    with pytest.raises(ConfigurationError, match=r"view public\.report"):
        install(dsn, Settings())

    assert db.execute("select * from public.report").fetchone() == (4,)


def test_a_mistake_in_a_file_is_named_and_leaves_everything_as_it_was(dsn: str, tree: Path) -> None:
    before = described(dsn)
    (tree / "functions" / "install" / "wrong.sql").write_text("create funktion prikke.wrong();")

    with pytest.raises(ConfigurationError, match=r"functions/install/wrong\.sql"):
        install(dsn, Settings())

    assert described(dsn) == before


def test_policies_that_were_taken_away_come_back(dsn: str, db: psycopg.Connection) -> None:
    before = described(dsn)
    db.execute("drop policy tenant on prikke.job_definition")
    db.execute("alter table prikke.job_definition no force row level security")

    install(dsn, Settings())

    assert [row for row in described(dsn) if row[0] in {"policy", "relation"}] == [
        row for row in before if row[0] in {"policy", "relation"}
    ]


def test_rights_that_are_not_listed_are_taken_away(dsn: str, db: psycopg.Connection) -> None:
    db.execute("grant execute on function prikke.publish_settings(jsonb) to public, prikke_web")

    install(dsn, Settings())

    assert db.execute(
        "select has_function_privilege('prikke_web', 'prikke.publish_settings(jsonb)', 'execute')"
    ).fetchone() == (False,)


def test_settings_reach_the_database(dsn: str, db: psycopg.Connection) -> None:
    install(dsn, Settings.from_environment({"PRIKKE_LIMIT_KEY_LENGTH": "7"}))

    row = db.execute("select prikke.installation() -> 'limits' ->> 'key_length'").fetchone()

    assert row == ("7",)


def test_an_older_release_does_not_replace_a_newer_one(dsn: str, db: psycopg.Connection) -> None:
    db.execute("""select prikke.publish_settings('{"release": "99.0.0"}')""")

    with pytest.raises(NotReady, match=r"99\.0\.0"):
        install(dsn, Settings())


def test_uninstalling_leaves_only_the_roles(dsn: str, db: psycopg.Connection) -> None:
    removed = uninstall(dsn)

    assert removed
    assert db.execute("select to_regnamespace('prikke') is null").fetchone() == (True,)
    assert db.execute("select count(*) from pg_roles where rolname like 'prikke%'").fetchone() == (
        5,
    )
    assert not uninstall(dsn)
    assert install(dsn, Settings()).migrations


@pytest.mark.parametrize(
    ("own", "database", "refusal"),
    [
        ("1.2.0", {"release": "1.2.0", "oldest_runner": "1.1.0"}, None),
        ("1.1.0", {"release": "1.2.0", "oldest_runner": "1.1.0"}, None),
        ("1.0.9", {"release": "1.2.0", "oldest_runner": "1.1.0"}, "upgrade it"),
        ("1.10.0", {"release": "1.9.0", "oldest_runner": "1.9.0"}, "prikke install"),
        ("1.0.0", {}, "not installed"),
    ],
)
def test_a_program_runs_on_its_own_release_and_on_newer_ones_that_allow_it(
    own: str, database: dict[str, object], refusal: str | None
) -> None:
    if refusal is None:
        release.require_fit(database, own)
        return

    with pytest.raises(NotReady, match=refusal):
        release.require_fit(database, own)
