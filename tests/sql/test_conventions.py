"""Asks pg_catalog whether the rules of our SQL hold."""

import re
from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest

from prikke.sqlfiles import read_table, sql_files
from tests.conftest import Connect

# Tables that belong to no organization. A new one here must have a reason.
SHARED = {
    "app_user",
    "billing_event",
    "binding",
    "refused_range",
    "request_rate",
    "runner",
    "runner_sleep",
    "session",
    "setting",
    "sign_in",
    "tally_total",
    "time_zone",
    "zone_state",
}
SOME_ID = "01980000-0000-7000-8000-000000000000"
# New in PostgreSQL 16, 17 or 18.
TOO_NEW = {
    r"\buuidv[47]\s*\(": "uuidv4() and uuidv7() are of 18",
    r"\bis\s+(not\s+)?json\b": "is json is of 16",
    r"\bpg_input_is_valid\b": "pg_input_is_valid is of 16",
    r"\btransaction_timeout\b": "transaction_timeout is of 17",
    r"\bany_value\s*\(": "any_value is of 16",
    r"\brandom_normal\s*\(": "random_normal is of 16",
    r"\bjson_table\s*\(": "json_table is of 17",
    r"\bmerge\s+into\b(?s:.*)\breturning\b": "merge … returning is of 17",
    r"\breturning\s+(old|new)\.": "old and new in returning are of 18",
    r"\bto_(hex|bin|oct)\b(?<!to_hex)": "to_bin and to_oct are of 16",
    r"\barray_(sample|shuffle|sort|reverse)\s*\(": "array_sample … array_reverse are of 16 to 18",
    r"\bsystem_user\b": "system_user is of 16",
    r"\bvirtual\b\s*[,)]": "virtual generated columns are of 18",
}
# What `statement_timestamp()` may stand for besides the time.
REAL_TIME = {"clock", "send"}


@pytest.fixture
def functions(db: psycopg.Connection) -> list[tuple[str, str, str]]:
    """Name, signature and source of each function."""
    return db.execute(
        "select p.proname, p.oid::regprocedure::text, pg_get_functiondef(p.oid)"
        " from pg_proc as p where p.pronamespace = 'prikke'::regnamespace order by 1, 2"
    ).fetchall()


def names(db: psycopg.Connection, query: str) -> list[str]:
    return [row[0] for row in db.execute(query).fetchall()]


def without_comments(source: str) -> str:
    return re.sub(r"--[^\n]*", "", source)


def grants() -> dict[str, set[str]]:
    return {
        row["function"]: set(row["roles"].split(",")) - {"-"} for row in read_table("grants.tsv")
    }


# Comments


def test_every_function_has_a_comment(db: psycopg.Connection) -> None:
    assert (
        names(
            db,
            "select p.oid::regprocedure::text from pg_proc as p"
            " where p.pronamespace = 'prikke'::regnamespace"
            " and obj_description(p.oid, 'pg_proc') is null",
        )
        == []
    )


def test_functions_for_people_have_an_example(db: psycopg.Connection) -> None:
    public = [name for name, roles in grants().items() if roles & {"bound_read", "bound_write"}]

    bare = db.execute(
        "select p.oid::regprocedure::text from pg_proc as p"
        " where p.pronamespace = 'prikke'::regnamespace and p.proname = any (%s)"
        " and obj_description(p.oid, 'pg_proc') not like '%%Example: select%%'"
        " and p.proname not in ('current_organization', 'installation')"
        # Parts of a function that runs with its caller's rights.
        " and coalesce(p.proargnames[1], '') not like 'p\\_%%'"
        " and p.prorettype <> 'trigger'::regtype"
        " and not 'prikke.cron_masks'::regtype = any (p.proargtypes)",
        (public,),
    ).fetchall()

    assert bare == []


def test_examples_in_comments_are_sql_that_parses(db: psycopg.Connection) -> None:
    db.execute("create schema shop; create table shop.orders (id integer, status text)")
    comments = db.execute(
        "select obj_description(p.oid, 'pg_proc') from pg_proc as p"
        " where p.pronamespace = 'prikke'::regnamespace"
        " and obj_description(p.oid, 'pg_proc') like '%Example: %'"
    ).fetchall()
    broken = []
    for (comment,) in comments:
        example = comment.split("Example: ", 1)[1].strip().rstrip(";")
        try:
            body = example.replace("0198…", SOME_ID)
            db.execute(
                "create or replace procedure pg_temp.example() language sql"
                f" as $e${body}$e$".encode()
            )
        except psycopg.errors.SyntaxError as error:
            broken.append((example, str(error)))

    assert len(comments) > 10
    assert broken == []


def test_every_table_and_view_has_a_comment(db: psycopg.Connection) -> None:
    assert (
        names(
            db,
            "select c.relname from pg_class as c where c.relnamespace = 'prikke'::regnamespace"
            " and c.relkind in ('r', 'p', 'v', 'm') and obj_description(c.oid, 'pg_class') is null"
            " and c.relname not like 'migration%'",
        )
        == []
    )


def test_every_type_of_ours_has_a_comment(db: psycopg.Connection) -> None:
    assert (
        names(
            db,
            "select t.typname from pg_type as t left join pg_class as c on c.oid = t.typrelid"
            " where t.typnamespace = 'prikke'::regnamespace and t.typtype in ('c', 'd', 'e')"
            " and coalesce(c.relkind, 'c') = 'c' and obj_description(t.oid, 'pg_type') is null",
        )
        == []
    )


def test_every_index_beside_the_key_has_a_comment_that_names_its_function(
    db: psycopg.Connection, functions: list[tuple[str, str, str]]
) -> None:
    known = {name for name, _, _ in functions} | {view.stem for view in sql_files("views")}
    known |= {"sync_jobs", "release of holds", "why"}

    bad = []
    for name, comment in db.execute(
        "select c.relname, obj_description(c.oid, 'pg_class') from pg_class as c"
        " join pg_index as i on i.indexrelid = c.oid"
        " where c.relnamespace = 'prikke'::regnamespace and not i.indisprimary"
        " and not c.relispartition and c.relname not like 'migration%'"
    ):
        if comment is None or not any(function in comment for function in known):
            bad.append((name, comment))

    assert bad == []


def test_an_index_is_named_after_its_table(db: psycopg.Connection) -> None:
    assert (
        names(
            db,
            "select c.relname from pg_class as c join pg_index as i on i.indexrelid = c.oid"
            " join pg_class as t on t.oid = i.indrelid"
            " where c.relnamespace = 'prikke'::regnamespace"
            " and c.relname not like t.relname || '\\_%' and t.relname not like 'migration%'",
        )
        == []
    )


# Files


def test_each_function_stands_in_the_file_of_its_name(
    functions: list[tuple[str, str, str]],
) -> None:
    files = [path.stem for path in sql_files("functions")]

    assert sorted(files) == sorted({name for name, _, _ in functions})


def test_a_file_of_a_function_holds_nothing_else() -> None:
    strangers = []
    for path in sql_files("functions"):
        outside = re.sub(r"\$(\w*)\$.*?\$\1\$", "", path.read_text(encoding="utf-8"), flags=re.S)
        made = re.findall(r"\bcreate or replace (?:function|procedure) prikke\.(\w+)", outside)
        other = re.findall(r"^(?:create|alter|drop|grant|revoke|insert)\b.*", outside, flags=re.M)
        other = [line for line in other if not line.startswith("create or replace function")]
        if set(made) != {path.stem} or other:
            strangers.append((path.name, made, other))

    assert strangers == []


def test_every_function_has_a_line_in_grants(functions: list[tuple[str, str, str]]) -> None:
    granted = grants()

    assert {name for name, _, _ in functions} - set(granted) == set()


def test_every_line_in_grants_is_a_function(functions: list[tuple[str, str, str]]) -> None:
    assert set(grants()) - {name for name, _, _ in functions} == set()


def test_views_stand_in_the_files_of_their_names(db: psycopg.Connection) -> None:
    found = names(
        db,
        "select c.relname from pg_class as c"
        " where c.relnamespace = 'prikke'::regnamespace and c.relkind = 'v'",
    )

    assert sorted(found) == sorted(path.stem for path in sql_files("views"))


def test_functions_are_valid_when_bodies_are_checked(
    db: psycopg.Connection, functions: list[tuple[str, str, str]]
) -> None:
    db.execute("set check_function_bodies = on")
    broken = []
    for _, signature, source in functions:
        try:
            db.execute(source)
        except psycopg.Error as error:
            broken.append((signature, str(error)))

    assert broken == []


# Rights


def test_public_may_execute_nothing(db: psycopg.Connection) -> None:
    assert (
        names(
            db,
            "select p.oid::regprocedure::text from pg_proc as p"
            " where p.pronamespace = 'prikke'::regnamespace and (p.proacl is null or exists ("
            "select from aclexplode(p.proacl) as a where a.grantee = 0))",
        )
        == []
    )


def test_public_may_touch_no_table_or_view(db: psycopg.Connection) -> None:
    assert (
        names(
            db,
            "select c.relname from pg_class as c where c.relnamespace = 'prikke'::regnamespace"
            " and exists (select from aclexplode(c.relacl) as a where a.grantee = 0)",
        )
        == []
    )


def test_security_definer_comes_with_a_pinned_search_path(db: psycopg.Connection) -> None:
    assert (
        names(
            db,
            "select p.oid::regprocedure::text from pg_proc as p"
            " where p.pronamespace = 'prikke'::regnamespace and p.prosecdef"
            " and not coalesce(p.proconfig, '{}') && array["
            "'search_path=pg_catalog, pg_temp', 'search_path=\"pg_catalog, pg_temp\"']",
        )
        == []
    )


def test_functions_are_owned_as_grants_say(
    db: psycopg.Connection,
) -> None:
    owners: dict[str, str] = dict(
        db.execute(
            "select distinct p.proname, p.proowner::regrole::text from pg_proc as p"
            " where p.pronamespace = 'prikke'::regnamespace"
        ).fetchall()
    )

    wrong = [
        row["function"]
        for row in read_table("grants.tsv")
        if owners.get(row["function"]) != f"prikke_{row['owner']}"
    ]

    assert wrong == []


@pytest.mark.parametrize("role", ["runner", "web", "reader"])
def test_our_roles_execute_what_grants_say_and_nothing_else(
    db: psycopg.Connection, role: str
) -> None:
    wanted = {name for name, roles in grants().items() if role in roles}

    found = set(
        names(
            db,
            "select p.proname from pg_proc as p where p.pronamespace = 'prikke'::regnamespace"
            f" and has_function_privilege('prikke_{role}', p.oid, 'execute')",
        )
    )

    assert found == wanted


@pytest.mark.parametrize("role", ["runner", "web", "reader"])
def test_our_roles_have_no_right_on_tables_or_partitions(db: psycopg.Connection, role: str) -> None:
    assert (
        names(
            db,
            "select c.relname from pg_class as c where c.relnamespace = 'prikke'::regnamespace"
            " and c.relkind in ('r', 'p') and c.relname not like 'migration%'"
            f" and has_table_privilege('prikke_{role}', c.oid,"
            " 'select, insert, update, delete, truncate, references, trigger')",
        )
        == []
    )


# Tenancy


def test_row_level_security_is_enabled_and_forced_on_every_table_and_partition(
    db: psycopg.Connection,
) -> None:
    db.execute("select prikke.keep_history()")

    assert (
        names(
            db,
            "select c.relname from pg_class as c where c.relnamespace = 'prikke'::regnamespace"
            " and c.relkind in ('r', 'p') and not (c.relrowsecurity and c.relforcerowsecurity)",
        )
        == []
    )


def test_every_tenant_table_and_partition_has_the_tenant_policy(db: psycopg.Connection) -> None:
    db.execute("select prikke.keep_history()")

    found = db.execute(
        "select c.relname, pg_get_expr(p.polqual, p.polrelid),"
        " case p.polcmd when 'r' then pg_get_expr(p.polqual, p.polrelid)"
        " else pg_get_expr(p.polwithcheck, p.polrelid) end"
        " from pg_class as c"
        " left join pg_policy as p on p.polrelid = c.oid and p.polname = 'tenant'"
        " where c.relnamespace = 'prikke'::regnamespace and c.relkind in ('r', 'p')"
        " and c.relname <> all (%s) and c.relname not like 'migration%%'",
        (sorted(SHARED),),
    ).fetchall()

    bad = [
        name
        for name, using, check in found
        if using is None or using != check or "prikke.current_organization()" not in using
    ]
    assert len(found) > 20
    assert bad == []


def test_the_tables_without_an_organization_are_these(db: psycopg.Connection) -> None:
    without = set(
        names(
            db,
            "select c.relname from pg_class as c where c.relnamespace = 'prikke'::regnamespace"
            " and c.relkind in ('r', 'p') and c.relname not like 'migration%'"
            " and c.relname <> 'organization' and not exists ("
            "select from pg_attribute as a where a.attrelid = c.oid"
            " and a.attname = 'organization_id' and a.attnotnull)",
        )
    )
    listed = set(db.execute("select prikke.shared_tables()").fetchone()[0])  # type: ignore[index]

    assert listed == SHARED
    assert without <= SHARED


def test_the_organization_comes_first_in_every_key_of_a_tenant_table(
    db: psycopg.Connection,
) -> None:
    bad = db.execute(
        "select c.relname from pg_index as i join pg_class as c on c.oid = i.indexrelid"
        " join pg_class as t on t.oid = i.indrelid"
        " left join pg_attribute as a on a.attrelid = t.oid and a.attnum = i.indkey[0]"
        " where t.relnamespace = 'prikke'::regnamespace and i.indisunique"
        " and t.relname <> all (%s) and t.relname <> 'organization'"
        " and t.relname not like 'migration%%'"
        " and a.attname is distinct from 'organization_id'",
        (sorted(SHARED),),
    ).fetchall()

    assert bad == []


def test_foreign_keys_stay_within_an_organization_and_spare_the_hot_tables(
    db: psycopg.Connection,
) -> None:
    keys = db.execute(
        "select c.conrelid::regclass::text, c.conname, a.attname from pg_constraint as c"
        " join pg_attribute as a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]"
        " where c.connamespace = 'prikke'::regnamespace and c.contype = 'f'"
    ).fetchall()

    for table, _, first in keys:
        assert not table.startswith(("prikke.live", "prikke.past", "prikke.tally"))
        assert first in {"organization_id", "user_id"}


# Time and language


def test_instants_are_timestamptz(db: psycopg.Connection) -> None:
    assert (
        db.execute(
            "select c.relname, a.attname, format_type(a.atttypid, a.atttypmod)"
            " from pg_class as c join pg_attribute as a on a.attrelid = c.oid"
            " where c.relnamespace = 'prikke'::regnamespace and c.relkind in ('r', 'p', 'v', 'c')"
            " and a.attnum > 0 and not a.attisdropped and c.relname not like 'migration%'"
            " and ((a.attname like '%\\_at' and a.atttypid <> 'timestamptz'::regtype)"
            " or a.atttypid = 'timestamp'::regtype)"
        ).fetchall()
        == []
    )


def test_lengths_of_time_are_intervals_or_say_milliseconds(db: psycopg.Connection) -> None:
    assert (
        db.execute(
            "select c.relname, a.attname from pg_class as c"
            " join pg_attribute as a on a.attrelid = c.oid"
            " where c.relnamespace = 'prikke'::regnamespace and c.relkind in ('r', 'p')"
            " and a.attnum > 0 and (a.attname like '%\\_seconds' or a.attname like '%\\_secs')"
        ).fetchall()
        == []
    )


def test_the_clock_is_the_only_source_of_now(
    functions: list[tuple[str, str, str]],
) -> None:
    other_clocks = re.compile(
        r"\b(now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)\s*\(\s*\)"
        r"|\b(current_timestamp|current_date|current_time|localtimestamp)\b"
        r"|'(now|today|tomorrow|yesterday)'(?!')",
        re.I,
    )

    bad = [
        (signature, found.group())
        for name, signature, source in functions
        if name not in REAL_TIME
        for found in [other_clocks.search(without_comments(source))]
        if found
    ]

    assert bad == []


def test_no_column_default_reads_another_clock(db: psycopg.Connection) -> None:
    assert (
        names(
            db,
            "select c.relname || '.' || a.attname from pg_attrdef as d"
            " join pg_class as c on c.oid = d.adrelid"
            " join pg_attribute as a on a.attrelid = c.oid and a.attnum = d.adnum"
            " where c.relnamespace = 'prikke'::regnamespace and c.relname not like 'migration%'"
            " and pg_get_expr(d.adbin, d.adrelid) ~* '(now|timestamp)\\(\\)|current_timestamp'",
        )
        == []
    )


def all_sql() -> Iterator[tuple[str, str]]:
    for folder in ("functions", "views", "migrations"):
        for path in sql_files(folder):
            yield path.name, without_comments(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("pattern", "reason"), TOO_NEW.items())
def test_nothing_is_newer_than_postgresql_15(pattern: str, reason: str) -> None:
    found = [name for name, text in all_sql() if re.search(pattern, text, re.I)]

    assert found == [], reason


def test_functions_need_no_extension(db: psycopg.Connection) -> None:
    assert names(db, "select extname from pg_extension where extname <> 'plpgsql'") == []


def test_no_function_is_left_to_a_default_of_volatility_it_does_not_have(
    db: psycopg.Connection,
) -> None:
    writers = re.compile(r"\b(insert into|update prikke|delete from|for update|pg_notify)\b", re.I)

    bad = [
        name
        for name, source in db.execute(
            "select p.oid::regprocedure::text, p.prosrc from pg_proc as p"
            " where p.pronamespace = 'prikke'::regnamespace and p.provolatile <> 'v'"
        ).fetchall()
        if writers.search(without_comments(source))
    ]

    assert bad == []


def test_names_are_qualified_where_the_search_path_is_the_callers(
    db: psycopg.Connection, connect: Connect
) -> None:
    ours = set(
        names(
            db,
            "select c.relname from pg_class as c where c.relnamespace = 'prikke'::regnamespace"
            " and c.relkind in ('r', 'p', 'v')",
        )
    )

    bad = []
    for signature, source in db.execute(
        "select p.oid::regprocedure::text, p.prosrc from pg_proc as p"
        " where p.pronamespace = 'prikke'::regnamespace"
    ).fetchall():
        for word in re.findall(
            r"\b(?:from|join|into|update|using)\s+(?:only\s+)?([a-z_]+)\b(?!\s*[.(])",
            without_comments(source),
            re.I,
        ):
            if word in ours and not re.search(
                rf"\b{word}\s*(\(.*?\))?\s+as\s+(materialized\s*)?\(", source
            ):
                bad.append((signature, word))

    assert bad == []


@pytest.fixture
def plpgsql_check(db: psycopg.Connection) -> str:
    available = db.execute(
        "select from pg_available_extensions where name = 'plpgsql_check'"
    ).fetchone()
    if available is None:
        pytest.skip("this server has no plpgsql_check; Debian's PostgreSQL 15 does")
    db.execute("create schema checking")
    db.execute("create extension plpgsql_check schema checking")
    return "checking"


def test_plpgsql_check_finds_nothing(
    db: psycopg.Connection, organization: UUID, plpgsql_check: str
) -> None:
    db.execute("select prikke.keep_history()")
    # The trigger of watches stands on no table of ours.
    db.execute("create schema shop; create table shop.orders (id integer)")
    db.execute("select prikke.watch('shop.orders', url => 'https://example.com/')")

    found = db.execute(
        "select p.oid::regprocedure::text, c.lineno, c.level, c.message, c.query"
        " from pg_proc as p join pg_language as l on l.oid = p.prolang"
        " left join pg_trigger as t on t.tgfoid = p.oid"
        " cross join lateral checking.plpgsql_check_function_tb("
        "p.oid, coalesce(t.tgrelid, 0), performance_warnings => false,"
        " extra_warnings => false, security_warnings => true) as c"
        " where p.pronamespace = 'prikke'::regnamespace and l.lanname = 'plpgsql'"
        # Each empty array that a jsonb variable begins with.
        " and c.message <> 'target type is different type than source type'"
        # They write statements, with %I for every name.
        " and not (c.level = 'security' and p.proname in ('apply_access', 'apply_policies',"
        " 'make_watch', 'unwatch'))"
        # It reads the table of pg_cron, which need not be there.
        " and p.proname <> 'import_pg_cron'"
        " order by 1, 2"
    ).fetchall()

    assert found == []
