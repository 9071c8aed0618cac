"""Names into addresses, each of them checked against the policy."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult

from prikke.errors import TargetRefused
from prikke.targets import Policy

# Slow name servers of some must not keep others from looking up names.
_THREADS = 32


class Resolver(AbstractResolver):
    """The system's resolver, in threads that do nothing else. Without a policy it checks nothing.

    One refused address among several refuses the name, so that it cannot point at both.
    """

    def __init__(self, policy: Policy | None) -> None:
        self.policy = policy
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="lookup")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        infos = await loop.run_in_executor(self._threads, look_up, host, port, family)
        if self.policy is not None:
            for info in infos:
                check(self.policy, str(info[4][0]), port)
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=port,
                family=kind,
                proto=protocol,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, _, protocol, _, address in infos
        ]

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def look_up(host: str, port: int, family: int) -> list[Any]:
    """What the system says of a name."""
    return socket.getaddrinfo(
        host, port, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
    )


def check(policy: Policy, address: str, port: int) -> None:
    """Refuse an address that must not be dialled."""
    reason = policy.refusal(address, port)
    if reason is not None:
        # Without the address: what names mean inside our network is nobody's business.
        raise TargetRefused(f"the address is not public ({reason})")
