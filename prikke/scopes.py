"""Which scope a key needs for a function, as sql/grants.tsv says; installed for SQL to read."""

from functools import cache

from prikke.sqlfiles import read_table


@cache
def scopes() -> dict[str, str]:
    """Of each function: owner, admin or trigger where it says so, read where bound readers may."""
    return {
        row["function"]: _scope(set(row["roles"].split(","))) for row in read_table("grants.tsv")
    }


def _scope(roles: set[str]) -> str:
    for scope in ("owner", "admin", "trigger"):
        if scope in roles:
            return scope
    return "read" if "bound_read" in roles else "write"
