"""One operation of the API: what it takes, which function it calls, what it answers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from prikke.config import Settings
from prikke.errors import FieldError
from prikke.http.api.fields import Field, Thing, Values
from prikke.http.api.kinds import ID, INTEGER, POSITION, TEXT
from prikke.http.visit import Answer, Call, Plan, Row, Rows

ID_FIELD = Field("id", ID, "The id.", "01980000-0000-7000-8000-000000000000", required=True)
KEY_FIELD = Field("key", TEXT, "The key.", "billing.nightly", required=True)
LIMIT = Field(
    "limit",
    INTEGER,
    "How many at most.",
    50,
    default=50,
    limits={"minimum": 1, "maximum": 1000},
)
CURSOR = Field("cursor", ID, "Where the page before ended: its next_cursor.")
POSITION_CURSOR = Field("cursor", POSITION, "Where the page before ended: its next_cursor.")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, read: values by name, and where it needs them the settings."""

    settings: Settings
    path: Values = field(default_factory=dict)
    query: Values = field(default_factory=dict)
    body: Values = field(default_factory=dict)
    emptied: tuple[str, ...] = ()
    items: Sequence[Any] | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Shape:
    """What an operation answers when all is well."""

    status: int
    schema: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Operation:
    """A method and path, and all that is known of it."""

    method: str
    path: str
    function: str
    summary: str
    plan: Callable[[Asked], Plan]
    answers: Shape
    about: str = ""
    query: tuple[Field, ...] = ()
    body: tuple[Field, ...] | None = None
    # The parameters in the path; an id unless said otherwise.
    parameters: tuple[Field, ...] = (ID_FIELD,)
    # The name under which a list of such bodies is spoken of, where one may be given.
    items: str | None = None
    large: bool = False
    guarded: bool = False
    # What else is wrong with a body, that neither its fields nor SQL can tell.
    check: Callable[[Values], tuple[FieldError, ...]] | None = None
    # Whether its rows go out as they come, as a list under the last word of the path.
    streams: bool = False
    problems: tuple[int, ...] = ()
    example: Any = None

    @property
    def writes(self) -> bool:
        """Whether it changes anything."""
        return self.method != "GET"

    @property
    def name(self) -> str:
        """Its name for programs: the method and the words of the path."""
        words = self.path.removeprefix("/api/").replace("{", "by_").replace("}", "")
        return (
            f"{self.method.lower()}_{words.replace('/', '_').replace('-', '_').replace('.', '_')}"
        )

    @property
    def path_fields(self) -> tuple[Field, ...]:
        """The parameters that the path does have."""
        return tuple(each for each in self.parameters if f"{{{each.name}}}" in self.path)


Arguments = dict[str, str]


def given(fields: Sequence[Field], values: Values) -> Arguments:
    """The arguments that were given, each as an expression of its type."""
    return {each.name: f"%({each.name})s{each.kind.cast}" for each in fields if each.name in values}


def call(
    function: str, arguments: Arguments, values: Mapping[str, Any], around: str = "{}"
) -> Call:
    """A call by named arguments. Names come from our tables alone, never from a client."""
    return Call(_statement(function, tuple(arguments.items()), around), values)


@lru_cache(maxsize=4096)
def _statement(function: str, arguments: tuple[tuple[str, str], ...], around: str) -> bytes:
    named = ", ".join(f"{name} => {expression}" for name, expression in arguments)
    called = around.format(f"prikke.{function}({named})")
    return f"select * from {called}".encode()  # noqa: S608


def by_id(function: str, asked: Asked, fields: Sequence[Field] = ()) -> Call:
    """A function of one thing, with what else was given."""
    values = {"id": asked.path.get("id"), **asked.body}
    return call(function, {"id": "%(id)s::uuid", **given(fields, asked.body)}, values)


def one(thing: Thing, rows: Sequence[Row], status: int = 200) -> Answer:
    """One thing under its name."""
    return Answer({thing.name: thing.show(rows[0])}, status)


def page(thing: Thing, rows: Sequence[Row], limit: int | None) -> Answer:
    """A list, and where the next page begins: after a full one."""
    place = "position" if any(each.name == "position" for each in thing.fields) else "id"
    cursor = rows[-1][place] if limit is not None and len(rows) == limit else None
    shown = [thing.show(row) for row in rows]
    return Answer({thing.plural: shown, "next_cursor": cursor})


def nothing(_: Any = None) -> Answer:
    """Done, and nothing to show."""
    return Answer(None, 204)


def simple(
    thing: Thing, function: str, fields: Sequence[Field] = (), status: int = 200
) -> Callable[[Asked], Plan]:
    """The plan of an operation that calls one function of one id and answers one thing."""

    def plan(asked: Asked) -> Plan:
        call = by_id(function, asked, fields)
        return Plan((call,), lambda rows: one(thing, rows[0], status))

    return plan


def whole(thing: Thing, function: str) -> Callable[[Asked], Plan]:
    """The plan of an operation that answers a whole list."""

    def plan(_: Asked) -> Plan:
        def answer(rows: Rows) -> Answer:
            return Answer({thing.plural: [thing.show(row) for row in rows[0]]})

        return Plan((call(function, {}, {}),), answer)

    return plan


def listing(thing: Thing, function: str, fields: Sequence[Field]) -> Callable[[Asked], Plan]:
    """The plan of an operation that answers a page."""
    names = {"limit": "page_size"}

    def plan(asked: Asked) -> Plan:
        limit = asked.query.get("limit", LIMIT.default)
        values = {**asked.query, "limit": limit}
        arguments = {
            names.get(name, name): expression for name, expression in given(fields, values).items()
        }
        return Plan((call(function, arguments, values),), lambda rows: page(thing, rows[0], limit))

    return plan


def reference(thing: Thing) -> dict[str, str]:
    """Where the description of a thing stands."""
    return {"$ref": f"#/components/schemas/{thing.name}"}


def answers_one(thing: Thing, status: int = 200, **more: Mapping[str, Any]) -> Shape:
    """The shape of one thing under its name."""
    properties = {thing.name: reference(thing), **more}
    return Shape(status, object_schema(properties))


def answers_page(thing: Thing) -> Shape:
    """The shape of a page."""
    return _paged(thing, "string", "uuid")


def answers_numbered_page(thing: Thing) -> Shape:
    """The shape of a page of things that have a position instead of an id."""
    return _paged(thing, "integer", "int64")


def _paged(thing: Thing, kind: str, form: str) -> Shape:
    return Shape(
        200,
        object_schema(
            {
                thing.plural: {"type": "array", "items": reference(thing)},
                "next_cursor": {"type": [kind, "null"], "format": form},
            }
        ),
    )


def answers_list(thing: Thing, **more: Mapping[str, Any]) -> Shape:
    """The shape of a whole list."""
    properties = {thing.plural: {"type": "array", "items": reference(thing)}, **more}
    return Shape(200, object_schema(properties))


def answers_nothing() -> Shape:
    """The shape of no content."""
    return Shape(204, None)


def object_schema(properties: Mapping[str, Any]) -> dict[str, Any]:
    """An object that has all of these."""
    return {"type": "object", "properties": dict(properties), "required": list(properties)}


CHANGES = object_schema(
    {
        "from": {"type": ["object", "null"], "description": "The changed fields as they were."},
        "to": {"type": "object", "description": "The changed fields as they became."},
    }
)


def renamed(errors: Sequence[FieldError], names: Mapping[str, str]) -> tuple[FieldError, ...]:
    """Errors under the names that REST has for the fields."""
    return tuple(
        FieldError(names.get(error.field, error.field), error.code, error.message, error.hint)
        for error in errors
    )
