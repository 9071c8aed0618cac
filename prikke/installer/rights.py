"""Who owns what, who may what: compared with what stands, and only the difference changed."""

import psycopg
from psycopg.rows import scalar_row

from prikke.installer.objects import Source, become
from prikke.installer.roles import ENGINE, OWNER, READER, RUNNER, WEB, RoleMode

_GRANTEES = {"runner": RUNNER, "web": WEB, "reader": READER}


def settle_tables(conn: psycopg.Connection, mode: RoleMode, login: str) -> int:
    """Give tables, sequences and types to the role that should own them; how many changed."""
    return _execute(
        conn,
        """
        select format('alter %%s %%s owner to %%I',
          case c.relkind when 'c' then 'type' when 'S' then 'sequence' else 'table' end,
          c.oid::regclass, %(owner)s::text)
        from pg_class as c
        where c.relnamespace = 'prikke'::regnamespace
          and c.relkind in ('r', 'p', 'S', 'c')
          and pg_get_userbyid(c.relowner) <> %(owner)s
          -- The sequence of an identity column follows its table.
          and not (c.relkind = 'S' and exists (select from pg_depend as d
            where d.classid = 'pg_class'::regclass and d.objid = c.oid
              and d.deptype in ('a', 'i') and d.refclassid = 'pg_class'::regclass))
        union all
        select format('alter type %%s owner to %%I', t.oid::regtype, %(owner)s::text)
        from pg_type as t
        where t.typnamespace = 'prikke'::regnamespace
          and t.typtype in ('e', 'd')
          and pg_get_userbyid(t.typowner) <> %(owner)s
        """,
        {"owner": mode.owner("owner", login)},
    )


def settle_code(conn: psycopg.Connection, mode: RoleMode, login: str, sources: list[Source]) -> int:
    """Give functions and views to the role that should own them; how many changed."""
    return _execute(
        conn,
        """
        select format('alter view %%s owner to %%I', c.oid::regclass, w.role)
        from pg_class as c
        cross join lateral (select case when c.relname = any (%(views)s)
          then %(engine)s::text else %(owner)s::text end) as w (role)
        where c.relnamespace = 'prikke'::regnamespace
          and c.relkind = 'v'
          and pg_get_userbyid(c.relowner) <> w.role
        union all
        select format('alter routine %%s owner to %%I', p.oid::regprocedure, w.role)
        from pg_proc as p
        cross join lateral (select case when p.proname = any (%(functions)s)
          then %(engine)s::text else %(owner)s::text end) as w (role)
        where p.pronamespace = 'prikke'::regnamespace
          and pg_get_userbyid(p.proowner) <> w.role
        """,
        {
            "owner": mode.owner("owner", login),
            "engine": mode.owner("engine", login),
            "functions": _engine_names(sources, "function"),
            "views": _engine_names(sources, "view"),
        },
    )


def apply_policies(conn: psycopg.Connection, owner: str) -> int:
    """Row-level security on every table and partition; how much had to change."""
    become(conn, owner)
    changes = _column(
        conn,
        """
        select prikke.apply_policies(c.oid)
        from pg_class as c
        where c.relnamespace = 'prikke'::regnamespace and c.relkind in ('r', 'p')
        """,
        {},
    )
    conn.execute("reset role")
    return sum(int(change) for change in changes)


def apply_grants(conn: psycopg.Connection, mode: RoleMode, functions: dict[str, list[str]]) -> int:
    """Rights on functions and views as sql/grants.tsv has them; how many statements it took."""
    if mode.single:
        return _execute(
            conn,
            """
            select format('revoke execute on routine %%s from public', p.oid::regprocedure)
            from pg_proc as p
            where p.pronamespace = 'prikke'::regnamespace
              and has_function_privilege('public', p.oid, 'execute')
            """,
            {},
        )
    wanted = [
        (name, _GRANTEES[keyword], False)
        for name, keywords in functions.items()
        for keyword in keywords
        if keyword in _GRANTEES
    ]
    names = [name for name, _, _ in wanted]
    roles = [role for _, role, _ in wanted]
    return _execute(conn, _RIGHTS, {"names": names, "roles": roles})


# Each owner may execute everything, with the right to pass it on: bound logins get theirs from a
# function of prikke_owner. Row views are for whoever is bound to an organization and for our own
# roles; operators' views for prikke_reader.
_RIGHTS = """
with listed (name, role) as (
  select * from unnest(%(names)s::name[], %(roles)s::name[])
),
wanted (kind, object, role, privilege, grantable) as (
  select 'routine', p.oid, r.oid, 'execute', false
  from listed
  join pg_proc as p on p.proname = listed.name and p.pronamespace = 'prikke'::regnamespace
  join pg_roles as r on r.rolname = listed.role
  union all
  select 'routine', p.oid, r.oid, 'execute', r.rolname = 'prikke_owner'
  from pg_proc as p
  join pg_roles as r on r.rolname in ('prikke_owner', 'prikke_engine') and r.oid <> p.proowner
  where p.pronamespace = 'prikke'::regnamespace
  union all
  select 'table', c.oid, r.oid, 'select', false
  from pg_class as c
  join pg_roles as r on r.rolname in ('prikke_owner', 'prikke_engine', 'prikke_reader')
    or (r.rolname = 'prikke_web' and c.relowner = 'prikke_owner'::regrole)
  where c.relnamespace = 'prikke'::regnamespace
    and c.relkind = 'v'
    and r.oid <> c.relowner
),
present (kind, object, role, privilege, grantable) as (
  select 'routine', p.oid, a.grantee, lower(a.privilege_type), a.is_grantable
  from pg_proc as p
  cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a
  where p.pronamespace = 'prikke'::regnamespace
    and a.grantee <> p.proowner
  union all
  select 'table', c.oid, a.grantee, lower(a.privilege_type), a.is_grantable
  from pg_class as c
  cross join lateral aclexplode(c.relacl) as a
  where c.relnamespace = 'prikke'::regnamespace
    and c.relkind = 'v'
    and a.grantee <> c.relowner
)
select format('revoke %%s on %%s %%s from %%s', p.privilege, p.kind,
  case p.kind when 'routine' then p.object::regprocedure::text else p.object::regclass::text end,
  case p.role when 0 then 'public' else p.role::regrole::text end)
from present as p
where not exists (select from wanted as w where w.kind = p.kind and w.object = p.object
    and w.role = p.role and w.privilege = p.privilege)
  -- Roles that are not ours got theirs from grant_access or an administrator.
  and (p.role = 0 or p.role::regrole::text like 'prikke\\_%%')
union all
select format('grant %%s on %%s %%s to %%s%%s', w.privilege, w.kind,
  case w.kind when 'routine' then w.object::regprocedure::text else w.object::regclass::text end,
  w.role::regrole, case when w.grantable then ' with grant option' else '' end)
from wanted as w
where not exists (select from present as p where p.kind = w.kind and p.object = w.object
    and p.role = w.role and p.privilege = w.privilege and p.grantable >= w.grantable)
"""


def refresh_access(conn: psycopg.Connection, mode: RoleMode) -> None:
    """Give the logins bound to an organization the functions that came with this release."""
    if mode.single:
        return
    become(conn, ENGINE)
    bound = conn.execute(
        "select b.role_name::text, b.access from prikke.binding as b "
        "join pg_roles as r on r.rolname = b.role_name order by 1"
    ).fetchall()
    become(conn, OWNER)
    for role, access in bound:
        conn.execute("select prikke.apply_access(%s, %s)", (role, access))
    conn.execute("reset role")


def _engine_names(sources: list[Source], kind: str) -> list[str]:
    return [source.name for source in sources if source.kind == kind and source.owner == "engine"]


def _execute(conn: psycopg.Connection, query: str, parameters: dict[str, object]) -> int:
    statements = _column(conn, query, parameters)
    for statement in statements:
        conn.execute(statement.encode())
    return len(statements)


def _column(conn: psycopg.Connection, query: str, parameters: dict[str, object]) -> list[str]:
    with conn.cursor(row_factory=scalar_row) as cursor:
        return list(cursor.execute(query.encode(), parameters))
