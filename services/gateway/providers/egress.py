"""The way out to providers: pooled, bounded in time, and unable to reach what it must not.

A name is checked again here, where it is resolved and where the connection goes to the very address that was checked, for
a name can point elsewhere by the time it is used.
"""

import socket
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

import aiohttp
import httpx
from aiohttp.abc import AbstractResolver, ResolveResult
from httpx_aiohttp import AiohttpTransport

from libs.common.net_guard import address_allowed

_MAX_CONNECTIONS = 1000


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


@asynccontextmanager
async def egress(allowed: Collection[str]) -> AsyncIterator[httpx.AsyncBaseTransport]:
    """A transport: no cookies, redirects, proxies or limits in time, which callers set.

    A client around it would take twice the time of the call itself, for features that no provider needs.
    """
    connector = aiohttp.TCPConnector(
        resolver=GuardedResolver(allowed), limit=_MAX_CONNECTIONS, ttl_dns_cache=60, keepalive_timeout=30
    )
    session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False)
    async with session:
        yield AiohttpTransport(client=session)
