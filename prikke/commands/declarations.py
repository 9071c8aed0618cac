"""Files of jobs for `prikke sync`: YAML or JSON."""

import re
import sys
from pathlib import Path
from typing import Any

import yaml

from prikke.errors import PrikkeError


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """YAML without what surprises: dates stay text, `on` stays a word, no name comes twice."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        names = [self.construct_object(key, deep=True) for key, _ in node.value]
        for name in names:
            if names.count(name) > 1:
                line = node.start_mark.line + 1
                raise PrikkeError(f'the name "{name}" is there twice in the object of line {line}')
        made: dict[Any, Any] = super().construct_mapping(node, deep)
        return made


_SURPRISES = {"tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:int", "tag:yaml.org,2002:bool"}
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _SURPRISES]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"-?(0|[1-9][0-9]*)$"), list("-0123456789")
)
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(true|false)$"), list("tf"))


def read_declarations(name: str) -> list[Any]:
    """The jobs of a file, or of standard input for -: a list, or an object with `jobs`."""
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except OSError as error:
        raise PrikkeError(f"{name}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise PrikkeError(f"{name}: is not UTF-8") from None
    try:
        # JSON is YAML too.
        found = yaml.load(text, Loader=_Loader)  # noqa: S506 - it is a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise PrikkeError(f"{name}{place}: {error.problem}") from None
    except yaml.YAMLError as error:
        raise PrikkeError(f"{name}: {' '.join(str(error).split())}") from None
    if isinstance(found, dict) and set(found) == {"jobs"}:
        found = found["jobs"]
    if not isinstance(found, list):
        raise PrikkeError(f"{name}: write a list of jobs, or an object with jobs")
    return found
