"""Which addresses may be dialled: the refused ranges, and what the operator allows or denies."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network

_WITH_PORT = re.compile(r"(?:\[(?P<six>[^\]]+)\]|(?P<four>[^:\[\]]+)):(?P<port>[0-9]{1,5})")

# Answers kept per policy; names come and go, so the memory of them is bounded.
_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class Target:
    """Addresses an operator allows or denies, on one port or on all."""

    network: Network
    port: int | None = None

    @classmethod
    def parse(cls, text: str) -> "Target":
        """Read `10.0.0.0/8`, `10.0.0.5`, `127.0.0.1:8123`, `10.0.0.0/8:80` or `[::1]:8123`."""
        text = text.strip()
        match = _WITH_PORT.fullmatch(text)
        if match is None:
            return cls(ip_network(text.removeprefix("[").removesuffix("]")))
        port = int(match["port"])
        if not 1 <= port <= 65535:
            raise ValueError(f"{text!r}: a port is a number from 1 to 65535")
        return cls(ip_network(match["six"] or match["four"]), port)

    def __str__(self) -> str:
        """The form that `parse` and SQL read."""
        if self.port is None:
            return str(self.network)
        single = self.network.prefixlen == self.network.max_prefixlen
        address = str(self.network.network_address if single else self.network)
        return f"[{address}]:{self.port}" if ":" in address else f"{address}:{self.port}"


def parse_targets(entries: Iterable[str | Network | Target]) -> tuple[Target, ...]:
    """Targets from settings: texts, networks, or targets already."""
    return tuple(
        entry if isinstance(entry, Target) else Target.parse(str(entry)) for entry in entries
    )


class Policy:
    """Says of each address and port why it must not be dialled, or nothing.

    What the operator denies comes first, then what the operator allows, then the refused ranges.
    """

    def __init__(
        self,
        refused: Mapping[str, str],
        allow: Iterable[str | Network | Target] = (),
        deny: Iterable[str | Network | Target] = (),
    ) -> None:
        self._allow = _spans(parse_targets(allow))
        self._deny = _spans(parse_targets(deny))
        networks = sorted(
            ((ip_network(network), reason) for network, reason in refused.items()),
            key=lambda pair: -pair[0].prefixlen,
        )
        self._refused = [(*_span(network), reason) for network, reason in networks]
        self._known: dict[tuple[str, int], str | None] = {}

    def refusal(self, address: str, port: int) -> str | None:
        """Why this address is refused on this port; None when it may be dialled."""
        key = (address, port)
        try:
            return self._known[key]
        except KeyError:
            pass
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        reason = self._known[key] = self._judge(address, port)
        return reason

    def _judge(self, address: str, port: int) -> str | None:
        try:
            parsed = ip_address(address.partition("%")[0])
        except ValueError:
            return "not an address"
        version, number = parsed.version, int(parsed)
        if _listed(self._deny, version, number, port):
            return "denied by the operator"
        if _listed(self._allow, version, number, port):
            return None
        for kind, first, last, reason in self._refused:
            if kind == version and first <= number <= last:
                return reason
        return None


def _span(network: Network) -> tuple[int, int, int]:
    return network.version, int(network.network_address), int(network.broadcast_address)


def _spans(targets: Iterable[Target]) -> list[tuple[int, int, int, int | None]]:
    return [(*_span(target.network), target.port) for target in targets]


def _listed(
    spans: list[tuple[int, int, int, int | None]], version: int, number: int, port: int
) -> bool:
    return any(
        kind == version and first <= number <= last and only in (None, port)
        for kind, first, last, only in spans
    )
