"""Examples, made from schemas: each field's own, else the plainest value that fits."""

from collections.abc import Mapping
from typing import Any

_INSTANT = "2030-01-31T08:00:00+00:00"
_PLAIN: Mapping[str, Any] = {
    "uuid": "01980000-0000-7000-8000-000000000000",
    "date-time": _INSTANT,
    "date": _INSTANT[:10],
    "string": "text",
    "integer": 1,
    "number": 1.5,
    "boolean": False,
}


def example_of(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    """A value that fits a schema; references lead into `schemas`."""
    if "$ref" in schema:
        return example_of(schemas[str(schema["$ref"]).rpartition("/")[2]], schemas)
    for choices in ("oneOf", "anyOf"):
        if choices in schema:
            return example_of(schema[choices][0], schemas)
    for given in ("example", "default"):
        if given in schema:
            return schema[given]
    if schema.get("examples"):
        return schema["examples"][0]
    kinds = schema.get("type", "object")
    if isinstance(kinds, list) and "null" in kinds:
        return None
    if schema.get("enum"):
        return schema["enum"][0]
    if kinds == "array":
        return [example_of(schema.get("items", {}), schemas)]
    if kinds == "object":
        properties = schema.get("properties", {})
        return {name: example_of(each, schemas) for name, each in properties.items()}
    return _PLAIN[schema.get("format", kinds) if schema.get("format") in _PLAIN else kinds]
