"""What a URL means for the wire: whom to dial, what to ask for, how the host is named."""

import asyncio
import base64
import re
import time
from dataclasses import dataclass
from typing import TypeVar, cast

from aiohttp import ClientRequest, hdrs
from aiohttp.client_reqrep import ConnectionKey
from multidict import CIMultiDict
from yarl import URL

from prikke import __version__
from prikke.errors import TargetRefused
from prikke.lookup import Resolver

# A bound for what was saved under a limit that the operator may have raised.
URL_BYTES = 16 * 1024
LOOKUP_SECONDS = 10

_REMEMBERED_ROUTES = 4096
_REMEMBERED_HOSTS = 512

_AUTHORITY = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\x9f\\]|\s")
_PLAIN = re.compile(r"[!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]*")

K = TypeVar("K")
V = TypeVar("V")


class Dial(ClientRequest):
    """What the connector is told about a connection; one serves all requests to its host."""

    key: ConnectionKey

    @property
    def connection_key(self) -> ConnectionKey:
        return self.key


@dataclass(frozen=True, slots=True)
class Route:
    """The way of one URL. `lines` are the header lines that depend on it."""

    dial: Dial
    target: str
    lines: str


class Routes:
    """Finds routes and remembers them, within bounds. With a proxy, `proxied` looks up names."""

    def __init__(self, resolver: Resolver, proxy: URL | None) -> None:
        self._loop = asyncio.get_running_loop()
        self._resolver = resolver
        self._proxy = proxy
        self._routes: dict[str, Route] = {}
        self._dials: dict[tuple[str, str, int, str | None], Dial] = {}
        self._addresses: dict[tuple[str, int], tuple[str, float]] = {}

    def direct(self, text: str) -> Route:
        """The route to the host that a URL names."""
        route = self._routes.get(text)
        if route is None:
            url = parsed(text)
            dial = self._dial(url.scheme, cast(str, url.raw_host), cast(int, url.port))
            route = Route(dial, url.raw_path_qs, _host_line(url))
            _remember(self._routes, text, route, _REMEMBERED_ROUTES)
        return route

    async def proxied(self, text: str) -> Route:
        """The route by the proxy to an address that was looked up and checked here.

        The host keeps its name in the Host header and in TLS; https goes through a tunnel.
        """
        proxy = cast(URL, self._proxy)
        url = parsed(text)
        name, port = cast(str, url.raw_host), cast(int, url.port)
        address = await self._address(name, port)
        key = f"{address} {text}"
        route = self._routes.get(key)
        if route is None:
            dial = self._dial(url.scheme, address, port, name.rstrip("."))
            if url.scheme == "https":
                route = Route(dial, url.raw_path_qs, _host_line(url))
            else:
                origin = f"http://{dial.url.host_port_subcomponent}"
                route = Route(dial, origin + url.raw_path_qs, _host_line(url) + _pass_line(proxy))
            _remember(self._routes, key, route, _REMEMBERED_ROUTES)
        return route

    async def _address(self, name: str, port: int) -> str:
        address, until = self._addresses.get((name, port), ("", 0.0))
        now = time.monotonic()
        if now >= until:
            address = (await self._resolver.resolve(name, port))[0]["host"]
            entry = (address, now + LOOKUP_SECONDS)
            _remember(self._addresses, (name, port), entry, _REMEMBERED_HOSTS)
        return address

    def _dial(self, scheme: str, host: str, port: int, name: str | None = None) -> Dial:
        """With a name, the host is an address that a proxy is to reach."""
        key = (scheme, host, port, name)
        dial = self._dials.get(key)
        if dial is None:
            # Not by URL.build, which would judge the host anew.
            bracketed = f"[{host}]" if ":" in host else host
            url = URL(f"{scheme}://{bracketed}:{port}/", encoded=True)
            dial = Dial("GET", url, loop=self._loop, server_hostname=name)
            if name is not None:
                proxy = cast(URL, self._proxy)
                dial.proxy = proxy.with_user(None)
                dial.proxy_headers = CIMultiDict({hdrs.USER_AGENT: f"Prikke/{__version__}"})
                if proxy.user is not None:
                    dial.proxy_headers[hdrs.PROXY_AUTHORIZATION] = _basic(proxy)
            dial.key = ClientRequest.connection_key.fget(dial)  # type: ignore[attr-defined]
            _remember(self._dials, key, dial, _REMEMBERED_HOSTS)
        return dial


def parsed(text: str) -> URL:
    """The URL as it will be sent; refused when it is not one that we call."""
    if len(text.encode("utf-8", "replace")) > URL_BYTES or _FORBIDDEN.search(text):
        raise TargetRefused("the address is too long or holds characters that a URL cannot")
    authority = _AUTHORITY.match(text)
    if authority is None or "%" in authority[0]:
        raise TargetRefused("the address is not a valid URL")
    text = authority[0].lower() + text[authority.end() :]
    try:
        # What is already plain is sent exactly as it was written.
        url = URL(text, encoded=_PLAIN.fullmatch(text) is not None)
        port = url.port
    except ValueError:
        raise TargetRefused("the address is not a valid URL") from None
    if url.scheme not in {"http", "https"}:
        raise TargetRefused("only http and https addresses are called")
    if url.raw_user is not None or url.raw_password is not None:
        raise TargetRefused("an address must not hold a user name or password")
    if not url.raw_host or not port:
        raise TargetRefused("the address has no host or no valid port")
    return url


def origin(text: str) -> str:
    """Scheme, host and port; empty for what is no URL."""
    try:
        url = URL(text)
        return f"{url.scheme}://{url.raw_host}:{url.port}"
    except ValueError:
        return ""


def _host_line(url: URL) -> str:
    return f"Host: {url.host_port_subcomponent}\r\n"


def _pass_line(proxy: URL) -> str:
    return "" if proxy.user is None else f"{hdrs.PROXY_AUTHORIZATION}: {_basic(proxy)}\r\n"


def _basic(proxy: URL) -> str:
    pair = f"{proxy.user or ''}:{proxy.password or ''}".encode()
    return "Basic " + base64.b64encode(pair).decode("ascii")


def _remember(memory: dict[K, V], key: K, value: V, most: int) -> None:
    """Keep a value; the oldest goes first."""
    if len(memory) >= most:
        del memory[next(iter(memory))]
    memory[key] = value
