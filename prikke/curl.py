"""Reads a command line of curl: the request that it sends, or why that cannot be told."""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus, urlsplit


class Unreadable(Exception):
    """This is not one plain call of curl; the message says why."""


@dataclass(slots=True)
class Request:
    """What a call of curl sends."""

    url: str | None = None
    method: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    data: list[str] = field(default_factory=list)
    as_query: bool = False
    head: bool = False
    timeout_ms: int | None = None
    retries: int | None = None
    retry_delay: float | None = None
    content_type: str | None = None
    globbing: bool = True
    notes: list[str] = field(default_factory=list)

    def fields(self) -> dict[str, Any]:
        """The same as fields of a job."""
        if self.url is None:
            raise Unreadable("has no URL")
        url = self.url if "://" in self.url else f"http://{self.url}"
        if not url.lower().startswith(("http://", "https://")):
            raise Unreadable(f"calls {url.split(':', 1)[0]}, not http or https")
        if self.globbing and re.search(r"[\[\]{}]", url):
            raise Unreadable("has a URL that stands for several")
        body = "&".join(self.data) if self.data else None
        if self.as_query and body is not None:
            url += ("&" if urlsplit(url).query else "?") + body
            body = None
        sent: dict[str, Any] = {"url": url}
        sent["method"] = self.method or ("HEAD" if self.head else "GET" if body is None else "POST")
        kind = self._content_type(body)
        values = {
            "headers": self.headers or None,
            "body": body,
            "content_type": kind,
            "timeout_ms": self.timeout_ms and min(max(self.timeout_ms, 1000), 300_000),
            "max_attempts": None if self.retries is None else min(self.retries + 1, 20),
            "backoff": self.retry_delay and f"{min(max(self.retry_delay, 1), 3600):g} seconds",
        }
        return sent | {name: value for name, value in values.items() if value is not None}

    def _content_type(self, body: str | None) -> str | None:
        for name in list(self.headers):
            if name.lower() == "content-type":
                return self.headers.pop(name)
        if body is None:
            return None
        return self.content_type or "application/x-www-form-urlencoded"


# Options that say nothing about the request, without and with a value.
_IGNORED = {
    *("-s", "--silent", "-S", "--show-error", "-f", "--fail", "--fail-with-body", "-v"),
    *("--verbose", "-i", "--include", "--show-headers", "-N", "--no-buffer", "-#"),
    *("--progress-bar", "--no-progress-meter", "--compressed", "-4", "--ipv4", "-6", "--ipv6"),
    *("-0", "--http1.0", "--http1.1", "--http2", "--http2-prior-knowledge", "--http3"),
    *("--retry-connrefused", "--retry-all-errors", "-q", "--disable", "--fail-early"),
    *("--tcp-nodelay", "--no-keepalive", "--path-as-is", "--ssl-reqd", "-J", "-R"),
    *("--remote-header-name", "--remote-time", "-Z", "--parallel", "--tlsv1.2", "--tlsv1.3"),
}
_IGNORED_VALUES = {
    *("--connect-timeout", "-w", "--write-out", "--retry-max-time", "--keepalive-time"),
    *("--max-filesize", "--limit-rate", "-Y", "-y", "--speed-limit", "--speed-time", "--stderr"),
    *("--max-redirs", "--expect100-timeout"),
}
_REFUSED = {
    "-F": "sends a form of several parts",
    "--form": "sends a form of several parts",
    "--form-string": "sends a form of several parts",
    "-T": "uploads a file",
    "--upload-file": "uploads a file",
    "-K": "reads its options from a file",
    "--config": "reads its options from a file",
    "-x": "goes through a proxy",
    "--proxy": "goes through a proxy",
    "-E": "shows a client certificate",
    "--cert": "shows a client certificate",
    "--unix-socket": "calls a socket of that machine",
    "--abstract-unix-socket": "calls a socket of that machine",
    "-n": "takes a password from .netrc",
    "--netrc": "takes a password from .netrc",
    "--resolve": "sends a name to an address of its own choice",
    "--connect-to": "sends a name to an address of its own choice",
    "--interface": "chooses a network interface",
    "-r": "asks for a part of the answer",
    "--range": "asks for a part of the answer",
    "-z": "asks only for what is newer",
    "--time-cond": "asks only for what is newer",
    "--digest": "signs in by challenge (digest)",
    "--ntlm": "signs in by challenge (NTLM)",
    "--negotiate": "signs in by challenge (Negotiate)",
    "--anyauth": "signs in by challenge",
    "--next": "makes more than one request",
    "-:": "makes more than one request",
    "-c": "keeps cookies in a file",
    "--cookie-jar": "keeps cookies in a file",
}
_LONG = {
    "-X": "--request",
    "-H": "--header",
    "-d": "--data",
    "--data-ascii": "--data",
    "-G": "--get",
    "-I": "--head",
    "-u": "--user",
    "-A": "--user-agent",
    "-e": "--referer",
    "-b": "--cookie",
    "-m": "--max-time",
    "-o": "--output",
    "-O": "--remote-name",
    "-L": "--location",
    "-k": "--insecure",
    "-g": "--globoff",
}
_WITH_VALUE = {
    *("--request", "--header", "--data", "--data-raw", "--data-binary", "--data-urlencode"),
    *("--json", "--user", "--user-agent", "--referer", "--cookie", "--max-time", "--output"),
    *("--retry", "--retry-delay", "--url", "--oauth2-bearer"),
}


def read_curl(words: list[str], standard_input: str | None = None) -> Request:
    """The request of one call of curl."""
    while words and re.fullmatch(r"[A-Za-z_]\w*=.*", words[0]):
        words = words[1:]
    if not words or words[0].rsplit("/", 1)[-1] != "curl":
        raise Unreadable(f"is no call of curl but of {words[0] if words else 'nothing'}")
    request = Request()
    for option, value in _options(words[1:]):
        if option is None:
            _set_url(request, value or "")
        else:
            _apply(request, option, value or "", standard_input)
    return request


def _options(words: list[str]) -> Iterator[tuple[str | None, str | None]]:
    """Options with their values, in order; without an option: a URL."""
    rest = iter(words)
    for word in rest:
        if word == "--":
            yield from ((None, url) for url in rest)
        elif word.startswith("--"):
            name, equals, value = word.partition("=")
            name = _LONG.get(name, name)
            if not _takes_value(name):
                yield name, None
            else:
                yield name, value if equals else _value(name, rest)
        elif word.startswith("-") and len(word) > 1:
            yield from _cluster(word[1:], rest)
        else:
            yield None, word


def _cluster(letters: str, rest: Iterator[str]) -> Iterator[tuple[str, str | None]]:
    """Short options written together: -fsSXPOST."""
    for position, letter in enumerate(letters):
        name = _LONG.get(f"-{letter}", f"-{letter}")
        if _takes_value(name):
            yield name, letters[position + 1 :] or _value(name, rest)
            return
        yield name, None


def _takes_value(name: str) -> bool:
    return name in _WITH_VALUE or name in _IGNORED_VALUES


def _value(name: str, rest: Iterator[str]) -> str:
    value = next(rest, None)
    if value is None:
        raise Unreadable(f"gives {name} no value")
    return value


def _set_url(request: Request, url: str) -> None:
    if request.url is not None:
        raise Unreadable("calls more than one URL")
    request.url = url


def _apply(request: Request, option: str, value: str, standard_input: str | None) -> None:
    if option in _IGNORED or option in _IGNORED_VALUES:
        return
    if option in _REFUSED:
        raise Unreadable(_REFUSED[option])
    match option:
        case "--url":
            _set_url(request, value)
        case "--request":
            request.method = value.upper()
        case "--header":
            _header(request, value)
        case "--data" | "--data-raw" | "--data-binary" | "--data-urlencode" | "--json":
            request.data.append(_data(option, value, standard_input))
            if option == "--json":
                request.content_type = "application/json"
                request.headers.setdefault("Accept", "application/json")
        case "--get":
            request.as_query = True
        case "--head":
            request.head = True
        case "--user":
            coded = base64.b64encode(value.encode()).decode()
            request.headers["Authorization"] = f"Basic {coded}"
        case "--oauth2-bearer":
            request.headers["Authorization"] = f"Bearer {value}"
        case "--user-agent":
            request.headers["User-Agent"] = value
        case "--referer":
            request.headers["Referer"] = value
        case "--cookie":
            if "=" not in value:
                raise Unreadable(f"reads cookies from the file {value}")
            request.headers["Cookie"] = value
        case "--max-time":
            request.timeout_ms = int(_number(option, value) * 1000)
        case "--retry":
            request.retries = int(_number(option, value))
        case "--retry-delay":
            request.retry_delay = _number(option, value)
        case "--output":
            if value not in {"/dev/null", "-"}:
                raise Unreadable(f"writes what it gets to {value}")
        case "--remote-name":
            raise Unreadable("writes what it gets to a file")
        case "--location":
            request.notes.append("follows redirects, which Prikke does not: give the final URL")
        case "--insecure":
            request.notes.append("does not look at certificates; Prikke does")
        case "--globoff":
            request.globbing = False
        case _:
            raise Unreadable(f"has the option {option}, which is not known here")


def _header(request: Request, value: str) -> None:
    if value.startswith("@"):
        raise Unreadable(f"reads headers from the file {value[1:]}")
    name, colon, content = value.partition(":")
    if not colon and value.endswith(";"):
        request.headers[value[:-1].strip()] = ""
    elif colon and content.strip():
        request.headers[name.strip()] = content.strip()


def _data(option: str, value: str, standard_input: str | None) -> str:
    if option == "--data-urlencode":
        name, equals, content = value.partition("=")
        if "@" in (name if equals else value):
            raise Unreadable("sends a file")
        if not equals:
            return quote_plus(value)
        return f"{name}={quote_plus(content)}" if name else quote_plus(content)
    if not value.startswith("@") or option == "--data-raw":
        return value
    if value != "@-" or standard_input is None:
        raise Unreadable(f"sends the file {value[1:]}")
    if option == "--data":
        return standard_input.replace("\n", "").replace("\r", "")
    return standard_input


def _number(option: str, value: str) -> float:
    try:
        return float(value)
    except ValueError as error:
        raise Unreadable(f"gives {option} no number but {value}") from error
