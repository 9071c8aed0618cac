"""The reference of the API for readers: the description (OpenAPI) as plain values for a page."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Property:
    """One field of a body or an answer, or one parameter."""

    name: str
    kind: str
    about: str
    place: str
    required: bool
    choices: tuple[str, ...]
    default: str | None
    limits: str
    example: str | None


@dataclass(frozen=True, slots=True)
class Fault:
    """One answer when something is wrong."""

    status: int
    code: str
    about: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One operation. `scope` is None where no key is asked for."""

    anchor: str
    method: str
    path: str
    summary: str
    about: str
    scope: str | None
    parameters: tuple[Property, ...]
    body: tuple[Property, ...]
    takes_list: bool
    request: str
    status: int
    answer: tuple[Property, ...]
    answer_example: str | None
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The operations of one resource."""

    anchor: str
    title: str
    about: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Described:
    """A kind of thing that answers hold, described once."""

    anchor: str
    name: str
    about: str
    properties: tuple[Property, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """The whole."""

    groups: tuple[Group, ...]
    things: tuple[Described, ...]


def read_reference(document: Schema) -> Reference:
    """A description in its own order."""
    entries: dict[str, list[Entry]] = {tag["name"]: [] for tag in document["tags"]}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            entries[operation["tags"][0]].append(_entry(document, method, path, operation))
    groups = (
        Group(
            tag["name"],
            tag["name"].replace("-", " ").capitalize(),
            tag["description"],
            tuple(entries[tag["name"]]),
        )
        for tag in document["tags"]
    )
    things = (
        Described(
            f"thing-{name}",
            _thing_name(name),
            schema.get("description", ""),
            tuple(_properties(document, schema)),
        )
        for name, schema in document["components"]["schemas"].items()
    )
    return Reference(tuple(groups), tuple(things))


def _entry(document: Schema, method: str, path: str, operation: Schema) -> Entry:
    status, good = next(
        (int(status), response)
        for status, response in operation["responses"].items()
        if status.startswith("2")
    )
    content = good.get("content", {}).get("application/json", {})
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    schema = body.get("schema", {})
    security = operation.get("security", [])
    answer = content.get("schema", {})
    return Entry(
        anchor=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        about=operation.get("description", ""),
        scope=security[0]["key"][0] if security else None,
        parameters=tuple(_parameter(each) for each in operation["parameters"]),
        body=tuple(_properties(document, schema.get("oneOf", [schema])[0])),
        takes_list="oneOf" in schema,
        request=_request(method.upper(), path, operation, body.get("example"), bool(security)),
        status=status,
        answer=tuple(_properties(document, answer)),
        answer_example=_text(content["example"]) if "example" in content else None,
        faults=tuple(_faults(document, operation)),
    )


def _parameter(parameter: Schema) -> Property:
    schema = {"description": parameter["description"], **parameter["schema"]}
    return _property(parameter["name"], schema, parameter["in"], parameter["required"])


def _properties(document: Schema, schema: Schema) -> Iterator[Property]:
    """The fields of an object; of one that can be this or that, those of all."""
    for choice in schema.get("oneOf", ()):
        yield from _properties(document, choice)
    required = schema.get("required", ())
    for name, each in schema.get("properties", {}).items():
        yield _property(name, each, "body", name in required)


def _property(name: str, schema: Schema, place: str, required: bool) -> Property:
    examples = schema.get("examples", ())
    return Property(
        name=name,
        kind=_kind(schema),
        about=schema.get("description", ""),
        place=place,
        required=required,
        choices=tuple(str(each) for each in schema.get("enum", ()) if each is not None),
        default=_short(schema["default"]) if "default" in schema else None,
        limits=_limits(schema),
        example=_short(examples[0]) if examples else None,
    )


_FORMATS = {"uuid": "id", "date-time": "instant", "date": "date"}


def _kind(schema: Schema) -> str:
    if "$ref" in schema:
        return _thing_name(str(schema["$ref"]).rpartition("/")[2])
    kinds = schema.get("type", "any JSON")
    names = [kinds] if isinstance(kinds, str) else list(kinds)
    shown = [_FORMATS.get(schema.get("format", ""), "text") if n == "string" else n for n in names]
    if schema.get("type") == "array":
        shown = [f"list of {_kind(schema['items'])}" if "items" in schema else "list"]
    return " or ".join(shown)


def _thing_name(name: str) -> str:
    return name.replace("_", " ")


def _limits(schema: Schema) -> str:
    words = []
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None and abs(low) < 2**31:
        words.append(f"{low} to {high}")
    if "minLength" in schema:
        words.append(f"at least {schema['minLength']} characters")
    if "maxLength" in schema:
        words.append(f"at most {schema['maxLength']} characters")
    if "maxItems" in schema:
        words.append(f"at most {schema['maxItems']} items")
    if "pattern" in schema:
        words.append(f"like {schema['pattern']}")
    return ", ".join(words)


def _faults(document: Schema, operation: Schema) -> Iterator[Fault]:
    for status, response in operation["responses"].items():
        if not status.startswith("2"):
            found = _resolved(document, response)
            code = found["content"]["application/problem+json"]["example"]["code"]
            yield Fault(int(status), code, found["description"])


def _resolved(document: Schema, value: Schema) -> Schema:
    while "$ref" in value:
        found: Any = document
        for part in str(value["$ref"]).removeprefix("#/").split("/"):
            found = found[part]
        value = found
    return value


def _request(method: str, path: str, operation: Schema, body: Any, with_key: bool) -> str:
    """The operation as a command for a shell that has PRIKKE_URL and PRIKKE_API_KEY."""
    query = "&".join(
        f"{each['name']}={_in_query(each)}"
        for each in operation["parameters"]
        if each["in"] == "query" and each["required"]
    )
    for each in operation["parameters"]:
        if each["in"] == "path":
            path = path.replace(f"{{{each['name']}}}", f"${each['name'].upper()}")
    lines = [f'curl "$PRIKKE_URL{path}{"?" if query else ""}{query}"']
    if method != "GET":
        lines[0] = lines[0].replace("curl", f"curl -X {method}", 1)
    if with_key:
        lines.append('-H "Authorization: Bearer $PRIKKE_API_KEY"')
    if body is not None:
        text = _text(body).replace("'", "'\\''")
        lines += ["-H 'Content-Type: application/json'", f"-d '{text}'"]
    return " \\\n  ".join(lines)


def _in_query(parameter: Schema) -> str:
    examples: Sequence[Any] = parameter["schema"].get("examples", ("",))
    return str(examples[0]).replace(" ", "+").replace("*", "%2A")


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _short(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
