"""Reads crontabs: one plain call of curl becomes a job, any other line is told why not."""

import re
import shlex
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from prikke.curl import Unreadable, read_curl

_VARIABLE = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*$")
_REFERENCE = re.compile(r"\$(?:\{(\w+)\}|([A-Za-z_]\w*))")
_PERIODS = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
_OPERATORS = {";", "|", "||", "&&", "&", "(", ")", ";;", "|&"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a crontab that runs something: the job it becomes, or the reason why not."""

    line: int
    text: str
    job: dict[str, Any] | None = None
    reason: str | None = None
    notes: tuple[str, ...] = ()


def read_crontab(
    text: str, *, system: bool = False, timezone: str = "UTC", prefix: str = "crontab"
) -> list[Entry]:
    """All lines that run something. A system crontab names a user between schedule and command."""
    entries: list[Entry] = []
    variables: dict[str, str] = {}
    keys: set[str] = set()
    remark: str | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if stripped.startswith("#"):
            remark = stripped.lstrip("# \t") or None
            continue
        if not stripped:
            remark = None
            continue
        if match := _VARIABLE.fullmatch(line):
            variables[match[1]] = _unquoted(match[2])
            remark = None
            continue
        try:
            zone = variables.get("CRON_TZ") or variables.get("TZ") or timezone
            job, notes = _read_line(stripped, system, zone, variables)
            job = {
                "key": _key(job["url"], prefix, keys),
                "name": (remark or _name(job))[:200],
            } | job
            entries.append(Entry(number, stripped, job=job, notes=notes))
        except Unreadable as reason:
            entries.append(Entry(number, stripped, reason=str(reason)))
        remark = None
    return entries


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else value


def _read_line(
    line: str, system: bool, timezone: str, variables: dict[str, str]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    schedule, command = _split(line, system)
    command, standard_input = _percent(command)
    request = read_curl(_words(command, variables), standard_input)
    job = {"cron": schedule, "timezone": timezone} | request.fields()
    return job, tuple(request.notes)


def _split(line: str, system: bool) -> tuple[str, str]:
    if line.startswith("@"):
        wanted = 1
        period = line.split(None, 1)[0]
        if period == "@reboot":
            raise Unreadable("runs when the machine starts, not at a time")
        if period not in _PERIODS:
            raise Unreadable(f"{period} is no schedule that is known")
    else:
        wanted = 5
    parts = line.split(None, wanted + system)
    if len(parts) < wanted + system + 1:
        raise Unreadable("has no command after its schedule")
    return " ".join(parts[:wanted]), parts[-1]


def _percent(command: str) -> tuple[str, str | None]:
    """cron's own rule: what follows an unescaped percent sign is standard input."""
    parts = re.split(r"(?<!\\)%", command, maxsplit=1)
    standard_input = None
    if len(parts) == 2:
        standard_input = re.sub(r"(?<!\\)%", "\n", parts[1]).replace("\\%", "%") + "\n"
    return parts[0].replace("\\%", "%"), standard_input


def _words(command: str, variables: dict[str, str]) -> list[str]:
    """The words of one shell command, without what silences it."""
    expanded = _expand(command, variables)
    lexer = shlex.shlex(expanded, posix=True, punctuation_chars=";|&()<>")
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        pieces = list(lexer)
    except ValueError as error:
        raise Unreadable("a quote in it does not end") from error
    words: list[str] = []
    tokens = iter(pieces)
    for token in tokens:
        if token in _OPERATORS:
            raise Unreadable(f"is more than one command ({token})")
        if re.fullmatch(r"[<>&]+", token):
            stream = words[-1] if words else ""
            # The number of a stream stands right before the sign: 2>, not 2 >.
            if stream in {"1", "2"} and re.search(rf"(?<!\S){stream}{token}(?![<>&])", expanded):
                words.pop()
            _refuse_redirect(token, next(tokens, ""))
        else:
            words.append(token)
    return words


def _refuse_redirect(sign: str, target: str) -> None:
    """Silence is taken over; what goes to or comes from a file is not."""
    if "<" in sign:
        raise Unreadable("reads a file")
    if (sign != ">&" or target not in {"1", "2"}) and target != "/dev/null":
        raise Unreadable(f"writes what it gets to {target or 'a file'}")


def _expand(command: str, variables: dict[str, str]) -> str:
    """Put in the crontab's own variables; anything else the shell would compute is refused."""
    parts: list[str] = []
    single = double = escaped = False
    position = 0
    while position < len(command):
        character = command[position]
        match = _REFERENCE.match(command, position)
        if escaped:
            escaped = False
        elif single:
            single = character != "'"
        elif character == "`" or command.startswith("$(", position):
            raise Unreadable("runs another command inside")
        elif match:
            name = match[1] or match[2]
            if name not in variables:
                raise Unreadable(f"uses the variable ${name}, which this file does not set")
            parts.append(variables[name])
            position = match.end()
            continue
        else:
            escaped = character == "\\"
            single = character == "'" and not double
            double ^= character == '"'
        parts.append(character)
        position += 1
    return "".join(parts)


def _key(url: str, prefix: str, taken: set[str]) -> str:
    """A key that the same line gets again: from where it calls, with a number for repeats."""
    parts = urlsplit(url)
    where = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{parts.hostname or ''}{parts.path}").strip("-.")
    base = f"{prefix}.{where}"[:95].rstrip("-.")
    key, number = base, 1
    while key in taken:
        number += 1
        key = f"{base}-{number}"
    taken.add(key)
    return key


def _name(job: dict[str, Any]) -> str:
    parts = urlsplit(job["url"])
    return f"{job['method']} {parts.netloc.rpartition('@')[2]}{parts.path}"


def with_reason(entry: Entry, reason: str) -> Entry:
    """The same line, refused after all."""
    return replace(entry, job=None, reason=reason)
