"""Loads functions and views in whatever order they need, and drops those no file holds any more."""

import hashlib
from collections import deque
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from prikke.errors import ConfigurationError
from prikke.installer.dependents import Dropped, drop
from prikke.installer.roles import RoleMode
from prikke.sqlfiles import sql_files, sql_root

# It names something that a later file makes, or makes anew.
_COMES_LATER = (
    psycopg.errors.UndefinedFunction,
    psycopg.errors.UndefinedTable,
    psycopg.errors.UndefinedObject,
    psycopg.errors.UndefinedColumn,
    psycopg.errors.AmbiguousFunction,
)
# The one that stands has other parameter names, another result, or fewer columns.
_CHANGED_SHAPE = (
    psycopg.errors.InvalidFunctionDefinition,
    psycopg.errors.InvalidTableDefinition,
    psycopg.errors.WrongObjectType,
)


ENGINE_PATH = "pg_catalog, prikke_engine, pg_temp"


@dataclass(frozen=True, slots=True)
class Source:
    """One file that makes a function (all its overloads) or a view."""

    kind: str
    name: str
    path: Path
    owner: str

    @property
    def label(self) -> str:
        """Its path below sql/."""
        return self.path.relative_to(sql_root()).as_posix()

    def digest(self) -> str:
        """What it says, in short."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()[:16]


def function_sources(grants: dict[str, str]) -> list[Source]:
    """Every function file; the clock first, as the others' defaults may use it."""
    sources = [
        Source("function", path.stem, path, grants.get(path.stem, "owner"))
        for path in sql_files("functions")
    ]
    return sorted(sources, key=lambda source: source.name != "clock")


def view_sources() -> list[Source]:
    """Row views, which people of one organization see, and operators' views, which cross them."""
    row = sql_root() / "views" / "row"
    return [
        Source("view", path.stem, path, "owner" if row in path.parents else "engine")
        for path in sql_files("views")
    ]


class Loader:
    """One pass over all sources inside the installer's transaction."""

    def __init__(
        self, conn: psycopg.Connection, mode: RoleMode, login: str, installed: dict[str, str]
    ) -> None:
        self._conn = conn
        self._mode = mode
        self._login = login
        self._installed = installed
        self._before = self._functions()
        self.dropped: list[Dropped] = []

    def load(self, sources: list[Source]) -> None:
        """Load them all; what needs another waits for it."""
        queue = deque(sources)
        by_name = {(source.kind, source.name): source for source in sources}
        waiting: dict[Source, psycopg.Error] = {}
        since_progress = 0
        while queue:
            source = queue.popleft()
            if self._unchanged(source):
                continue
            gone: list[Dropped] = []
            try:
                gone = self._apply(source)
            except _COMES_LATER as error:
                waiting[source] = error
                queue.append(source)
                since_progress += 1
                if since_progress > len(queue):
                    raise _explained(source, error) from error
                continue
            since_progress = 0
            self.dropped += gone
            for thing in gone:
                again = by_name.get((thing.kind, thing.name))
                if again is not None and again != source and again not in queue:
                    queue.append(again)

    def drop_strays(self, sources: list[Source]) -> list[str]:
        """Drop functions and views that no file holds; the names."""
        names = {(source.kind, source.name) for source in sources}
        strays = []
        for oid, (name, _) in self._functions().items():
            if ("function", name) not in names:
                self._forget("pg_proc", oid)
                strays.append(name)
        for oid, name in self._conn.execute(
            "select oid, relname::text from pg_class "
            "where relnamespace = 'prikke'::regnamespace and relkind = 'v'"
        ).fetchall():
            if ("view", name) not in names:
                self._forget("pg_class", oid)
                strays.append(name)
        return strays

    def _forget(self, catalog: str, oid: int) -> None:
        gone = drop(self._conn, catalog, oid)
        kept = [thing for thing in gone[:-1] if thing.kind in {"function", "view"}]
        if kept:
            raise ConfigurationError(
                f"{kept[0].kind} {kept[0].name} uses {gone[-1].name}, which no file holds any more"
            )
        self.dropped += gone

    def _unchanged(self, source: Source) -> bool:
        """A view that stands as its file says is left alone: replacing it locks its readers out."""
        if source.kind != "view" or self._installed.get(source.label) != source.digest():
            return False
        row = self._conn.execute(
            "select pg_get_userbyid(relowner)::text from pg_class "
            "where relnamespace = 'prikke'::regnamespace and relkind = 'v' and relname = %s",
            (source.name,),
        ).fetchone()
        return row is not None and row[0] == self._owner(source)

    def _owner(self, source: Source) -> str:
        return self._mode.owner(source.owner, self._login)

    def _apply(self, source: Source) -> list[Dropped]:
        gone: list[Dropped] = []
        try:
            self._execute(source)
        except (*_CHANGED_SHAPE, psycopg.errors.AmbiguousFunction) as error:
            # A file that comments on a name alone stumbles over the overload of the release before.
            if isinstance(error, psycopg.errors.AmbiguousFunction) and source.kind != "function":
                raise
            with self._conn.transaction():
                for catalog, oid in self._standing(source):
                    gone += drop(self._conn, catalog, oid)
                self._execute(source)
        if source.kind == "function":
            gone += self._drop_superseded(source)
            self._mark_engine(source)
        return gone

    def _execute(self, source: Source) -> None:
        with self._conn.transaction():
            become(self._conn, self._owner(source))
            try:
                self._conn.execute(source.path.read_bytes())
            except (*_COMES_LATER, *_CHANGED_SHAPE):
                raise
            except psycopg.Error as error:
                raise _explained(source, error) from error
            self._conn.execute("reset role")

    def _standing(self, source: Source) -> list[tuple[str, int]]:
        if source.kind == "view":
            rows = self._conn.execute(
                "select oid from pg_class "
                "where relnamespace = 'prikke'::regnamespace and relkind = 'v' and relname = %s",
                (source.name,),
            ).fetchall()
            return [("pg_class", row[0]) for row in rows]
        return [
            ("pg_proc", oid) for oid, (name, _) in self._functions().items() if name == source.name
        ]

    def _drop_superseded(self, source: Source) -> list[Dropped]:
        """Overloads of this name that the file did not make again."""
        gone: list[Dropped] = []
        for oid, (name, made) in self._functions(source.name).items():
            if self._before.get(oid) == (name, made):
                gone += drop(self._conn, "pg_proc", oid)
        return [thing for thing in gone if thing != Dropped("function", source.name)]

    def _mark_engine(self, source: Source) -> None:
        """With one login for everything, engine functions are known by the search path they set.

        A setting of our own would say it better, but only superusers may put one on a function.
        """
        if not self._mode.single or source.owner != "engine":
            return
        for (function,) in self._conn.execute(
            "select oid::regprocedure::text from pg_proc "
            "where pronamespace = 'prikke'::regnamespace and proname = %s",
            (source.name,),
        ).fetchall():
            self._conn.execute(f"alter function {function} set search_path = {ENGINE_PATH}")

    def _functions(self, name: str | None = None) -> dict[int, tuple[str, str]]:
        rows = self._conn.execute(
            "select oid, proname::text, xmin::text from pg_proc "
            "where pronamespace = 'prikke'::regnamespace and proname = coalesce(%s, proname)",
            (name,),
        ).fetchall()
        return {row[0]: (row[1], row[2]) for row in rows}


def become(conn: psycopg.Connection, role: str) -> None:
    """Act as this role until the transaction, or `reset role`, ends it."""
    conn.execute(sql.SQL("set local role {}").format(sql.Identifier(role)))


def _explained(source: Source, error: psycopg.Error) -> ConfigurationError:
    where = (
        f" at character {error.diag.statement_position}" if error.diag.statement_position else ""
    )
    return ConfigurationError(f"{source.label}{where}: {error}")
