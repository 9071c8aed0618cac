"""Drops a function or view of ours together with what stands on it, each by name."""

from dataclasses import dataclass

import psycopg

from prikke.errors import ConfigurationError

# What depends on an object: other views through their rule, functions and views through the row
# type of a view, column defaults, triggers and policies.
_DEPENDENTS = """
with row_type as (
  select t.oid, t.typarray
  from pg_catalog.pg_type as t
  where %(class)s = 'pg_class'
    and t.typrelid = %(object)s
),
target (classid, objid) as (
  select %(class)s::regclass::oid, %(object)s::oid
  union all
  select 'pg_type'::regclass, r.oid from row_type as r
  union all
  select 'pg_type'::regclass, r.typarray from row_type as r
)
select distinct d.classid::regclass::text, d.objid
from target
join pg_catalog.pg_depend as d on d.refclassid = target.classid and d.refobjid = target.objid
where d.deptype in ('n', 'a')
  and not exists (select from target as t where t.classid = d.classid and t.objid = d.objid)
"""

_DESCRIBED = {
    "pg_proc": """
        select 'function', p.pronamespace = 'prikke'::regnamespace, p.proname::text,
          format('drop function %%s', p.oid::regprocedure)
        from pg_proc as p where p.oid = %s""",
    "pg_class": """
        select 'view', c.relnamespace = 'prikke'::regnamespace and c.relkind = 'v',
          c.relname::text, format('drop view %%s', c.oid::regclass)
        from pg_class as c where c.oid = %s""",
    "pg_attrdef": """
        select 'default', c.relnamespace = 'prikke'::regnamespace, c.relname::text,
          format('alter table %%s alter column %%I drop default', c.oid::regclass, a.attname)
        from pg_attrdef as d
        join pg_class as c on c.oid = d.adrelid
        join pg_attribute as a on a.attrelid = d.adrelid and a.attnum = d.adnum
        where d.oid = %s""",
    "pg_trigger": """
        select 'trigger', c.relnamespace = 'prikke'::regnamespace, t.tgname::text,
          format('drop trigger %%I on %%s', t.tgname, c.oid::regclass)
        from pg_trigger as t join pg_class as c on c.oid = t.tgrelid
        where t.oid = %s""",
    "pg_policy": """
        select 'policy', c.relnamespace = 'prikke'::regnamespace, p.polname::text,
          format('drop policy %%I on %%s', p.polname, c.oid::regclass)
        from pg_policy as p join pg_class as c on c.oid = p.polrelid
        where p.oid = %s""",
}


@dataclass(frozen=True, slots=True)
class Dropped:
    """One object that went and has to be made again."""

    kind: str
    name: str


def drop(conn: psycopg.Connection, catalog: str, oid: int) -> list[Dropped]:
    """Drop this function or view after everything of ours that stands on it."""
    gone: list[Dropped] = []
    for dependent_catalog, dependent in _standing_on(conn, catalog, oid):
        gone += drop(conn, dependent_catalog, dependent)
    described = conn.execute(_DESCRIBED[catalog], (oid,)).fetchone()
    if described is None:
        return gone
    kind, ours, name, statement = described
    if not ours:
        user = statement.removeprefix("drop ")
        raise ConfigurationError(
            f"{user} uses something of Prikke that this release changes: "
            "drop it, install, and make it again"
        )
    conn.execute(statement)
    return [*gone, Dropped(kind, name)]


def _standing_on(conn: psycopg.Connection, catalog: str, oid: int) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for dependent_catalog, dependent in conn.execute(
        _DEPENDENTS, {"class": catalog, "object": oid}
    ).fetchall():
        if dependent_catalog == "pg_rewrite":
            view = conn.execute(
                "select ev_class from pg_rewrite where oid = %s", (dependent,)
            ).fetchone()
            if view is not None and view[0] != oid:
                found.append(("pg_class", view[0]))
        elif dependent_catalog in _DESCRIBED:
            found.append((dependent_catalog, dependent))
        else:
            raise ConfigurationError(
                f"{dependent_catalog} entry {dependent} stands on a function of Prikke that this "
                "release changes; that needs a migration of its own"
            )
    return list(dict.fromkeys(found))
