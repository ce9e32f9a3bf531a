"""The way out to providers: pooled, bounded in time, and unable to reach what it must not.

A name is checked again here, where it is resolved and where the connection goes to the very address that was checked, for
a name can point elsewhere by the time it is used. No cookies, no redirects, no proxies: see `docs/decisions/0041-http-out.md`.
"""

import asyncio
import socket
import ssl
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Final

import aiohappyeyeballs
from yarl import URL

from libs.common.net_guard import address_allowed
from services.gateway.clients.http_connection import Answer, Connection
from services.gateway.domain.attempts import Failure

_DNS_SECONDS: Final = 60.0
_MOST_NAMES: Final = 4_096
_IDLE_SECONDS: Final = 30.0
_SWEEP_SECONDS: Final = 5.0
_NEXT_ADDRESS_SECONDS: Final = 0.25
_REPEATABLE: Final = frozenset(("GET", "HEAD", "OPTIONS", "DELETE"))
_Origin = tuple[str, str, int]
_Address = tuple[Any, ...]


class Egress:
    """Sends requests over connections that are kept. One upstream host has half of the connections at most, so that a silent one
    cannot have them all; who finds none free waits. `connect` is in seconds; all other limits in time are the caller's.
    """

    def __init__(self, allowed: Collection[str], connections: int = 2000, connect: float = 10.0) -> None:
        self._allowed = frozenset(entry.strip().rpartition(":")[0] or entry.strip() for entry in allowed)
        self._most, self._most_of_host = connections, max(1, connections // 2)
        self._connect_seconds = connect
        self._used: Counter[_Origin] = Counter()
        self._waiting: deque[tuple[_Origin, asyncio.Future[None]]] = deque()
        self._idle: dict[_Origin, list[Connection]] = defaultdict(list)
        self._origins: dict[Connection, _Origin] = {}
        self._names: dict[_Origin, tuple[float, list[_Address]]] = {}
        self._looking: dict[_Origin, asyncio.Task[list[_Address]]] = {}
        self._sweeping: asyncio.TimerHandle | None = None
        self._tls: ssl.SSLContext | None = None

    async def __aenter__(self) -> "Egress":
        # Reading the certificates takes thirty milliseconds: not while a client waits.
        self._tls = await asyncio.to_thread(_tls)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._sweeping is not None:
            self._sweeping.cancel()
        for connection in list(self._origins):
            connection.abort()
        for task in self._looking.values():
            task.cancel()

    async def request(
        self, method: str, url: URL, headers: Mapping[str, str], body: bytes | AsyncIterator[bytes] | None = None
    ) -> Answer:
        """The answer to a request, once its head has come; to be read to its end, or closed. `Failure` "connect" where there is no
        connection or it ends before the answer, "malformed" for what is not HTTP.
        """
        origin = (url.scheme, url.raw_host or "", url.port or 443)
        sent = {"host": url.host_port_subcomponent or "", **headers}
        again = method in _REPEATABLE and not isinstance(body, AsyncIterator)
        while True:
            connection, kept = await self._connection(origin)
            answer: Answer | None = None
            try:
                answer = connection.send(method, url.raw_path_qs, sent, body)
                await answer.head()
                return answer
            except Failure as failure:
                # Its server may have closed a kept connection while the request was on its way.
                if not (again and kept and failure.kind == "connect" and answer is not None and not answer.came):
                    connection.abort()
                    raise
            except BaseException:
                connection.abort()
                raise

    async def _connection(self, origin: _Origin) -> tuple[Connection, bool]:
        """A connection that is this request's alone, and whether it was kept from an earlier one."""
        await self._turn(origin)
        idle = self._idle.get(origin, [])
        loop = asyncio.get_running_loop()
        while idle:
            connection = idle.pop()
            if connection.usable and loop.time() - connection.idle_since < _IDLE_SECONDS:
                return connection, True
            self._forget(connection)
        try:
            async with asyncio.timeout(self._connect_seconds):
                return await self._connected(origin), False
        except (OSError, TimeoutError):
            self._free(origin)
            raise Failure("connect", "No connection.") from None
        except BaseException:
            self._free(origin)
            raise

    async def _connected(self, origin: _Origin) -> Connection:
        scheme, host, _ = origin
        loop = asyncio.get_running_loop()
        addresses: Any = await self._addresses(origin)
        found = await aiohappyeyeballs.start_connection(
            addresses, happy_eyeballs_delay=_NEXT_ADDRESS_SECONDS, interleave=1
        )
        try:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            tls = scheme == "https"
            _, connection = await loop.create_connection(
                lambda: Connection(self._released),
                sock=found,
                ssl=self._tls if tls else None,
                server_hostname=host if tls else None,
            )
        except BaseException:
            found.close()
            raise
        self._origins[connection] = origin
        return connection

    async def _addresses(self, origin: _Origin) -> list[_Address]:
        """Where a host may be reached; OSError where that is nowhere. Looked up once for all that ask at the same time."""
        loop = asyncio.get_running_loop()
        known = self._names.get(origin)
        if known is not None and loop.time() - known[0] < _DNS_SECONDS:
            return known[1]
        task = self._looking.get(origin)
        if task is None:
            task = self._looking[origin] = asyncio.create_task(self._look_up(origin))
            task.add_done_callback(lambda done: self._looked(origin, done))
        return await asyncio.shield(task)

    def _looked(self, origin: _Origin, task: asyncio.Task[list[_Address]]) -> None:
        del self._looking[origin]
        if not task.cancelled():
            task.exception()  # those who asked may have left

    async def _look_up(self, origin: _Origin) -> list[_Address]:
        _, host, port = origin
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        reachable: list[_Address] = [one for one in found if host in self._allowed or address_allowed(str(one[4][0]))]
        if not reachable:
            raise OSError(None, f"{host} does not name a public address")
        if len(self._names) >= _MOST_NAMES:
            self._names.clear()
        self._names[origin] = (loop.time(), reachable)
        return reachable

    async def _turn(self, origin: _Origin) -> None:
        if not self._has_room(origin):
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            entry = (origin, turn)
            self._waiting.append(entry)
            try:
                await turn
            except BaseException:
                if turn.done() and not turn.cancelled():  # it was given, and is not taken
                    self._free(origin)
                else:
                    with suppress(ValueError):
                        self._waiting.remove(entry)
                raise
            return  # counted by whoever gave it
        self._used[origin] += 1

    def _has_room(self, origin: _Origin) -> bool:
        return self._used[origin] < self._most_of_host and self._used.total() < self._most

    def _free(self, origin: _Origin) -> None:
        self._used[origin] -= 1
        if not self._used[origin]:
            del self._used[origin]
        for position, (other, turn) in enumerate(self._waiting):
            if turn.done():
                continue
            if self._has_room(other):
                del self._waiting[position]
                self._used[other] += 1
                turn.set_result(None)
                return

    def _released(self, connection: Connection, reusable: bool) -> None:
        origin = self._origins.get(connection)
        if origin is None:  # before it was anybody's
            return
        self._free(origin)
        if not reusable:
            del self._origins[connection]
            return
        loop = asyncio.get_running_loop()
        connection.idle_since = loop.time()
        self._idle[origin].append(connection)
        if self._sweeping is None:
            self._sweeping = loop.call_later(_SWEEP_SECONDS, self._sweep)

    def _forget(self, connection: Connection) -> None:
        self._origins.pop(connection, None)
        connection.close()

    def _sweep(self) -> None:
        """Close what nobody has used for long."""
        loop = asyncio.get_running_loop()
        self._sweeping = None
        for origin, idle in list(self._idle.items()):
            kept = [one for one in idle if one.usable and loop.time() - one.idle_since < _IDLE_SECONDS]
            for connection in idle:
                if connection not in kept:
                    self._forget(connection)
            if kept:
                self._idle[origin] = kept
            else:
                del self._idle[origin]
        if self._idle:
            self._sweeping = loop.call_later(_SWEEP_SECONDS, self._sweep)


def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context
