"""Makes the roles, or finds that this login may not, and decides the role mode."""

from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.rows import scalar_row

from prikke.errors import ConfigurationError

OWNER = "prikke_owner"
ENGINE = "prikke_engine"
RUNNER = "prikke_runner"
WEB = "prikke_web"
READER = "prikke_reader"
ROLES = (OWNER, ENGINE, RUNNER, WEB, READER)


@dataclass(frozen=True, slots=True)
class RoleMode:
    """Whether the schema is divided among roles of its own, or one login owns everything."""

    single: bool
    reason: str | None = None

    @property
    def name(self) -> str:
        return "single" if self.single else "roles"

    def owner(self, kind: str, login: str) -> str:
        """The database role that owns things of kind `owner` or `engine`."""
        if self.single:
            return login
        return ENGINE if kind == "engine" else OWNER


def prepare_roles(conn: psycopg.Connection) -> RoleMode:
    """Make what is missing of the roles and of this login's membership, as far as it may."""
    if _value(conn, "select rolsuper from pg_roles where rolname = current_user"):
        for role in ROLES:
            _create(conn, role)
        return RoleMode(single=False)
    for role in ROLES:
        if not _exists(conn, role) and not _create(conn, role):
            return RoleMode(True, f"there is no role {role}, and this login may not create roles")
    for role in ROLES:
        if not _holds(conn, role) and not _join(conn, role):
            return RoleMode(True, f"this login is not a member of {role}")
    return RoleMode(single=False)


def prepare_schema(conn: psycopg.Connection, mode: RoleMode) -> None:
    """Make the schema, and let the roles into it."""
    login = str(_value(conn, "select current_user"))
    owner = mode.owner("owner", login)
    present = _value(
        conn,
        "select pg_get_userbyid(nspowner)::text from pg_namespace where nspname = 'prikke'",
    )
    if present is None:
        if not _value(conn, "select has_database_privilege(current_database(), 'create')"):
            raise ConfigurationError(
                f"{login} may not create a schema in this database: let its owner run the "
                "statements of `prikke install --print-roles`"
            )
        conn.execute(
            sql.SQL("create schema if not exists prikke authorization {}").format(
                sql.Identifier(owner)
            )
        )
    elif present != owner:
        if mode.single:
            raise ConfigurationError(
                f"schema prikke belongs to {present}, and {mode.reason}: install as a member of "
                "the roles, see `prikke install --print-roles`"
            )
        conn.execute(sql.SQL("alter schema prikke owner to {}").format(sql.Identifier(owner)))
    if mode.single:
        return
    if not _value(conn, "select has_schema_privilege(%s, 'prikke', 'create')", ENGINE):
        conn.execute(
            sql.SQL("grant create, usage on schema prikke to {}").format(sql.Identifier(ENGINE))
        )
    for role in (RUNNER, WEB, READER):
        if not _value(conn, "select has_schema_privilege(%s, 'prikke', 'usage')", role):
            conn.execute(sql.SQL("grant usage on schema prikke to {}").format(sql.Identifier(role)))


def role_statements(login: str, database: str) -> str:
    """What an administrator runs once, so that `login` can install without further rights."""
    quoted = sql.Identifier(login).as_string()
    create = "\n".join(
        f"  if not exists (select from pg_roles where rolname = '{role}') then "
        f"create role {role} nologin; end if;"
        for role in ROLES
    )
    return (
        "-- Run as a superuser, or as a role with CREATEROLE that may grant these roles.\n"
        f"do $$\nbegin\n{create}\nend\n$$;\n"
        f"grant {', '.join(ROLES)} to {quoted};\n"
        f"grant create on database {sql.Identifier(database).as_string()} to {quoted};\n"
    )


def _exists(conn: psycopg.Connection, role: str) -> bool:
    return bool(_value(conn, "select true from pg_roles where rolname = %s", role))


def _create(conn: psycopg.Connection, role: str) -> bool:
    """Make a role; roles belong to the whole server, so another install may be doing the same."""
    if _exists(conn, role):
        return True
    try:
        conn.execute(sql.SQL("create role {} nologin").format(sql.Identifier(role)))
    except (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
        return True
    except psycopg.errors.InsufficientPrivilege:
        return False
    return True


def _holds(conn: psycopg.Connection, role: str) -> bool:
    """Whether this login has the role's rights and may become it."""
    become = "set" if conn.info.server_version >= 160000 else "member"
    return bool(
        _value(
            conn,
            "select pg_has_role(%s::name, 'usage') and pg_has_role(%s::name, %s)",
            role,
            role,
            become,
        )
    )


def _join(conn: psycopg.Connection, role: str) -> bool:
    options = (
        sql.SQL(" with inherit true, set true")
        if conn.info.server_version >= 160000
        else sql.SQL("")
    )
    try:
        conn.execute(sql.SQL("grant {} to current_user{}").format(sql.Identifier(role), options))
    except psycopg.errors.InsufficientPrivilege:
        return False
    except (psycopg.errors.UniqueViolation, psycopg.errors.InternalError):
        # Two installs in two databases of one server granted the same at the same moment.
        pass
    return _holds(conn, role)


def _value(conn: psycopg.Connection, query: str, *parameters: object) -> object:
    with conn.cursor(row_factory=scalar_row) as cursor:
        cursor.execute(query, parameters)
        row: object = cursor.fetchone()
        return row
