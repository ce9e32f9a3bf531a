"""The way out to providers: pooled, bounded in time, and unable to reach what it must not.

A name is checked again here, where it is resolved and where the connection goes to the very address that was checked, for
a name can point elsewhere by the time it is used.
"""

import socket
from collections.abc import Collection

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from libs.common.net_guard import address_allowed


class GuardedResolver(AbstractResolver):
    """Resolves names to public addresses only, but for hosts that the operator lists."""

    def __init__(self, allowed: Collection[str]) -> None:
        self._allowed = frozenset(entry.strip().rpartition(":")[0] or entry.strip() for entry in allowed)
        self._inner = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        if host in self._allowed:
            return found
        public = [result for result in found if address_allowed(result["host"])]
        if not public:
            raise OSError(None, f"{host} does not name a public address")
        return public

    async def close(self) -> None:
        await self._inner.close()


def egress(allowed: Collection[str], connections: int = 2000) -> aiohttp.ClientSession:
    """A session without cookies, proxies or limits in time, which callers set; to be entered by the caller.

    One upstream host has half of the connections at most, so that a silent one cannot have them all.
    """
    connector = aiohttp.TCPConnector(
        resolver=GuardedResolver(allowed),
        limit=connections,
        limit_per_host=max(1, connections // 2),
        ttl_dns_cache=60,
        keepalive_timeout=30,
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        skip_auto_headers=("Accept", "Accept-Encoding"),
    )
