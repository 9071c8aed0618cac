"""Writes the SQL reference from the catalog: functions and views for people."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
from psycopg.rows import class_row

from prikke.sqlfiles import read_table, sql_files

# Topics in the order of the page, by the folder that holds their functions.
_TOPICS = {
    "jobs": "Jobs",
    "executions": "Sends and executions",
    "flow": "Queues and flow",
    "watch": "Watching tables",
    "import": "Taking over from elsewhere",
    "audit": "History of changes",
    "time": "Time and schedules",
    "accounts": "Organizations, people and secrets",
    "access": "Database logins",
    "metrics": "Metrics",
    "runners": "Runners",
}
_CALLERS = {
    "bound_read": "logins with access `read` or `write`",
    "bound_write": "logins with access `write`",
    "web": "the web",
    "runner": "runners",
    "reader": "`prikke_reader`",
}

_INTRODUCTION = """\
# SQL reference

Made by `make reference` from the comments in the catalog; a test compares the two.

All names are in schema `prikke`. Arguments are best given by name; those with a default can be left
out. A refusal has an SQLSTATE of `PK` and the HTTP status (`PK404`), and `PK422` names every wrong
field as JSON in DETAIL. Superusers and the owner of the database choose an organization first
(`select prikke.use_organization('default');`) and may call everything; a login that `grant_access`
bound to an organization needs no choice.
"""


@dataclass(frozen=True, slots=True)
class Function:
    """A function for people, or one overload of it."""

    name: str
    arguments: list[str]
    result: str
    comment: str

    @property
    def example(self) -> str:
        """The statement behind "Example:"."""
        return _parts(self.comment)[1]


@dataclass(frozen=True, slots=True)
class View:
    """A view with its columns: name, type, comment."""

    name: str
    comment: str
    of_one_organization: bool
    columns: list[list[str | None]]

    @property
    def example(self) -> str:
        """The statement behind "Example:"."""
        return _parts(self.comment)[1]


def public_functions(conn: psycopg.Connection) -> list[Function]:
    """Functions whose comment has an example: those that people call."""
    with conn.cursor(row_factory=class_row(Function)) as cursor:
        return cursor.execute(_FUNCTIONS).fetchall()


def public_views(conn: psycopg.Connection) -> list[View]:
    """Row views first, then those of operators."""
    with conn.cursor(row_factory=class_row(View)) as cursor:
        return cursor.execute(_VIEWS).fetchall()


def render(conn: psycopg.Connection) -> str:
    """The whole page."""
    topics: dict[str, list[Function]] = defaultdict(list)
    folders = {path.stem: path.parent.name for path in sql_files("functions")}
    for function in public_functions(conn):
        topics[folders[function.name]].append(function)
    order = [*_TOPICS, *sorted(set(topics) - set(_TOPICS))]
    callers = {row["function"]: row["roles"].split(",") for row in read_table("grants.tsv")}
    parts = [_INTRODUCTION]
    for topic in order:
        if topic in topics:
            parts.append(f"## {_TOPICS.get(topic, topic.capitalize())}\n")
            parts += [_function(found, callers[found.name]) for found in topics[topic]]
    views = public_views(conn)
    parts.append("## Views of one organization\n")
    parts += [_view(view) for view in views if view.of_one_organization]
    parts.append("## Views of operators, over all organizations\n")
    parts += [_view(view) for view in views if not view.of_one_organization]
    return "\n".join(parts)


def _function(function: Function, roles: list[str]) -> str:
    words, example = _parts(function.comment)
    who = [text for role, text in _CALLERS.items() if role in roles]
    called = f"For {_listed(who)}." if who else "For the owner of the database."
    return (
        f"### {function.name}\n\n{words}\n\n```sql\n{_signature(function)}\n```\n\n"
        f"```sql\n{example}\n```\n\n{called}\n"
    )


def _signature(function: Function) -> str:
    arguments = function.arguments
    listed = ", ".join(arguments)
    if len(arguments) > 2:
        listed = "\n" + ",\n".join(f"  {argument}" for argument in arguments) + "\n"
    return _as_written(f"{function.name}({listed})\nreturns {function.result}")


def _as_written(types: str) -> str:
    """Types as people write them."""
    for catalog, written in (
        ("SETOF ", "setof "),
        ("TABLE(", "table ("),
        ("timestamp with time zone", "timestamptz"),
    ):
        types = types.replace(catalog, written)
    return types


def _view(view: View) -> str:
    words, example = _parts(view.comment)
    rows = "\n".join(
        f"| `{name}` | {_as_written(kind or '')} | {(comment or '').replace('|', chr(92) + '|')} |"
        for name, kind, comment in view.columns
    )
    return (
        f"### {view.name}\n\n{words}\n\n```sql\n{example}\n```\n\n"
        f"| column | type | |\n|---|---|---|\n{rows}\n"
    )


def _parts(comment: str) -> tuple[str, str]:
    words, _, example = comment.partition("Example: ")
    return words.strip(), example.strip()


def _listed(words: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def examples(conn: psycopg.Connection) -> Iterator[tuple[str, str]]:
    """Each example with the name of what it shows."""
    for function in public_functions(conn):
        yield function.name, function.example
    for view in public_views(conn):
        yield view.name, view.example


_FUNCTIONS = r"""
select
  p.proname::text as name,
  array(
    select concat_ws(' ', p.proargnames[a.number], format_type(a.type, null),
      'default ' || case
        when d.value ~* '^null' then 'null'
        -- A cast says nothing beside the type, but for what is computed.
        else regexp_replace(d.value, '^(''(?:[^'']|'''')*''|[0-9.]+)::[a-z ]+(\[\])?$', '\1')
      end)
    from unnest(p.proargtypes::oid[]) with ordinality as a (type, number)
    cross join lateral (
      select pg_get_function_arg_default(p.oid, a.number::integer) as value) as d
    order by a.number) as arguments,
  pg_get_function_result(p.oid) as result,
  obj_description(p.oid, 'pg_proc') as comment
from pg_proc as p
where p.pronamespace = 'prikke'::regnamespace
  and obj_description(p.oid, 'pg_proc') like '%Example: %'
order by p.proname, p.pronargs, p.oid::regprocedure::text
"""

_VIEWS = """
select
  c.relname::text as name,
  obj_description(c.oid, 'pg_class') as comment,
  exists (
    select
    from pg_depend as d
    join pg_rewrite as r on r.oid = d.objid and d.classid = 'pg_rewrite'::regclass
    where r.ev_class = c.oid
      and d.refclassid = 'pg_proc'::regclass
      and d.refobjid = 'prikke.current_organization()'::regprocedure) as of_one_organization,
  (select array_agg(array[
      a.attname::text, format_type(a.atttypid, a.atttypmod), col_description(c.oid, a.attnum)]
    order by a.attnum)
   from pg_attribute as a
   where a.attrelid = c.oid
     and a.attnum > 0
     and not a.attisdropped) as columns
from pg_class as c
where c.relnamespace = 'prikke'::regnamespace
  and c.relkind = 'v'
order by c.relname
"""
