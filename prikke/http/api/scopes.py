"""Which scope a function asks for: what SQL's needed_scope says, from the same table."""

from functools import cache

from prikke.sqlfiles import read_table


@cache
def _roles() -> dict[str, set[str]]:
    return {row["function"]: set(row["roles"].split(",")) for row in read_table("grants.tsv")}


def needed_scope(function: str) -> str:
    """The scope that a key needs."""
    roles = _roles()[function]
    for scope in ("owner", "admin", "trigger"):
        if scope in roles:
            return scope
    return "read" if "bound_read" in roles else "write"
