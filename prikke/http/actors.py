"""Who did something, as people know them: an address, the name of a key, a database role."""

import re
from collections.abc import Iterable, Mapping

from prikke.http.person import Person
from prikke.http.visit import Call, Row

_ACTOR = re.compile(r"\b(?:user|key):[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
# What names are read from; for `known_actors`.
MEMBERS = Call("select * from prikke.list_members()")
KEYS = Call("select * from prikke.list_keys()")


def known_actors(
    person: Person, members: Iterable[Row], keys: Iterable[Row] = ()
) -> Mapping[str, str]:
    """Names by actor."""
    known = {f"user:{row['user_id']}": str(row["email"]) for row in members}
    known.update((f"key:{row['id']}", f"key “{row['name']}”") for row in keys)
    known[f"user:{person.user_id}"] = "you"
    return known


def who(actor: str | None, known: Mapping[str, str]) -> str:
    """An actor in words; somebody who is no longer known is called by what they were."""
    kind, _, name = (actor or "").partition(":")
    former = {
        "user": "a former member",
        "key": "a deleted key",
        "role": f"the database role {name}",
        "prikke": "Prikke",
    }
    return known.get(actor or "") or former.get(kind) or actor or "somebody"


def name_actors(text: str, known: Mapping[str, str]) -> str:
    """A sentence of SQL's with the people and keys in it called by their names."""
    return _ACTOR.sub(lambda found: who(found[0], known), text)
