"""Fields of the things that the API speaks of: read with every fault named, shown, described."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from prikke.errors import FieldError
from prikke.http.api.kinds import Kind, Local, Wrong

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its name is the same in SQL, JSON and the query."""

    name: str
    kind: Kind
    about: str
    example: Any = None
    choices: tuple[str, ...] = ()
    required: bool = False
    nullable: bool = False
    read_only: bool = False
    default: Any = None
    limits: Mapping[str, Any] = field(default_factory=dict)


SOME_ID = "01980000-0000-7000-8000-000000000000"
SOME_INSTANT = "2030-01-31T08:00:00+00:00"


def shown(name: str, kind: Kind, about: str, example: Any = None, **more: Any) -> Field:
    """A field that is only shown."""
    return Field(name, kind, about, example, read_only=True, **more)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a client gave: values by name, fields to be emptied, and all that is wrong."""

    values: Values
    emptied: tuple[str, ...] = ()
    problems: tuple[FieldError, ...] = ()


def read_object(fields: Sequence[Field], data: Any, path: str = "") -> Reading:
    """The fields of a JSON object. Those that cannot be set may be there and are passed over."""
    if not isinstance(data, dict):
        return Reading({}, (), (FieldError(path or "body", "wrong_type", "must be an object"),))
    known = {each.name: each for each in fields}
    values: Values = {}
    emptied: list[str] = []
    problems: list[FieldError] = []
    for name, value in data.items():
        place = f"{path}.{name}" if path else name
        found = known.get(name)
        if found is None:
            problems.append(unknown_field(place, name, known))
        elif found.read_only:
            continue
        elif value is None:
            emptied.append(name)
        else:
            try:
                values[name] = found.kind.read(value)
            except Wrong as wrong:
                problems.append(FieldError(place, wrong.code, str(wrong), wrong.hint))
    return Reading(values, tuple(emptied), tuple(problems))


def read_query(fields: Sequence[Field], pairs: Iterable[tuple[str, str]]) -> Reading:
    """The fields of a query; an empty one is not given, one that comes twice is wrong."""
    known = {each.name: each for each in fields}
    values: Values = {}
    problems: list[FieldError] = []
    for name, text in pairs:
        found = known.get(name)
        if found is None:
            problems.append(unknown_field(name, name, known))
        elif name in values:
            problems.append(FieldError(name, "twice", "is given twice"))
        elif "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
            problems.append(FieldError(name, "invalid", "has a character that no text can hold"))
        elif text:
            try:
                values[name] = found.kind.parse(text)
            except Wrong as wrong:
                problems.append(FieldError(name, wrong.code, str(wrong), wrong.hint))
    named = {problem.field for problem in problems}
    problems += [
        FieldError(each.name, "required", "must be given", each.example)
        for each in fields
        if each.required and each.name not in values and each.name not in named
    ]
    return Reading(values, (), tuple(problems))


def unknown_field(place: str, name: str, known: Iterable[str]) -> FieldError:
    """A field that does not exist, with the name that was probably meant."""
    near = difflib.get_close_matches(name, list(known), 1, 0.5)
    hint = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(known)}."
    return FieldError(place, "unknown_field", "is no field", hint)


@dataclass(frozen=True, slots=True)
class Thing:
    """A kind of thing: its name for one and for many, and its fields."""

    name: str
    plural: str
    fields: tuple[Field, ...]
    about: str

    def show(self, row: Mapping[str, Any]) -> Values:
        """A row as JSON."""
        return {each.name: each.kind.show(row[each.name]) for each in self.fields}

    @property
    def settable(self) -> tuple[Field, ...]:
        """The fields that a client may give."""
        return tuple(each for each in self.fields if not each.read_only)


def has_local(values: Values, name: str) -> bool:
    """Whether a value is a time without offset."""
    return isinstance(values.get(name), Local)
