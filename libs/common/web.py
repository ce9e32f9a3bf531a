"""A web server inside the process: listens while its context is open, then finishes what is in hand."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

import uvicorn
from litestar.types import ASGIApp

from libs.common.bounded_http import protocol, sweep
from libs.common.http_limits import HttpLimits
from libs.common.settings import SettingsError
from libs.common.sockets import bound

DEFAULT_LIMITS = HttpLimits()
_TICK_SECONDS = 0.1  # uvicorn sets the date header anew at each tenth tick
_LOOK_SECONDS = 0.005
_AT_ONCE = 16  # connections that are taken before others have their turn
_MAY_WAIT = 2_048


class _Server(uvicorn.Server):
    """Uvicorn, told to leave signals to the process's own runner, to say when it listens, and to end when it is told to:
    its own loops look ten times a second, and an end takes a third of a second in which nothing is done.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()
        self.ending = asyncio.Event()

    async def main_loop(self) -> None:
        ticks = 0
        while not await self.on_tick(ticks):
            ticks += 1
            with suppress(TimeoutError):
                await asyncio.wait_for(self.ending.wait(), _TICK_SECONDS)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for listener in (*self.servers, *(sockets or ())):
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        try:
            async with asyncio.timeout(self.config.timeout_graceful_shutdown):
                while self.server_state.connections or self.server_state.tasks:  # noqa: ASYNC110  # they tell nobody
                    await asyncio.sleep(_LOOK_SECONDS)
                for server in self.servers:
                    await server.wait_closed()
        except TimeoutError:
            for task in self.server_state.tasks:
                task.cancel(msg="The server's time to end is over.")

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        # The loop takes as many connections at once as may wait, and then reads from all of them before it does anything else.
        # So few are taken at a time, and the system is told afterwards that more may wait.
        for listener in sockets or ():
            listener.listen(_MAY_WAIT)
        self.listening.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Served:
    """A web server that listens on `port`."""

    def __init__(self, server: _Server, serving: asyncio.Task[None], port: int) -> None:
        self._server = server
        self._serving = serving
        self.port = port

    async def shutdown(self) -> None:
        """Refuse new connections, finish what is in hand within the drain time, then cut the rest. Safe to repeat."""
        self._server.should_exit = True
        self._server.ending.set()
        await asyncio.shield(self._serving)
        # Requests that were cut still clean up, with the help of what the application closes after us.
        await asyncio.gather(*self._server.server_state.tasks, return_exceptions=True)


@asynccontextmanager
async def serve_http(
    app: ASGIApp,
    host: str,
    port: int,
    drain_seconds: float,
    *,
    trusted_proxies: str = "",
    limits: HttpLimits = DEFAULT_LIMITS,
    shared: bool = False,
) -> AsyncIterator[Served]:
    """Serve `app` on `host:port` (0: any free port, found in `.port`) until the block ends.

    `trusted_proxies` lists the addresses and networks, with commas, whose X-Forwarded-For names the real client; nobody
    else can choose the address that it is seen under. `limits` bound what a peer sends, and how long it takes. `shared`: other
    processes that a parent started listen on the same port, which it holds by `reserve`.
    Raises `SettingsError` where the port is taken. Lifespan events are not sent: whoever puts the application together owns what it needs.
    """
    try:
        listener = bound(host, port, socket.SO_REUSEADDR, *((socket.SO_REUSEPORT,) if shared else ()))
    except OSError as error:
        raise SettingsError(f"{error.strerror}.") from None
    server = _Server(
        uvicorn.Config(
            app,
            http=protocol(limits),
            loop="none",
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=trusted_proxies != "",
            forwarded_allow_ips=trusted_proxies,
            backlog=_AT_ONCE,
            timeout_graceful_shutdown=drain_seconds,  # type: ignore[arg-type]  # only ever given to wait_for
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    sweeping = asyncio.create_task(sweep(server.server_state.connections))
    listening = asyncio.create_task(server.listening.wait())
    await asyncio.wait((serving, listening), return_when=asyncio.FIRST_COMPLETED)
    listening.cancel()
    if serving.done():
        sweeping.cancel()
        serving.result()
    served = Served(server, serving, listener.getsockname()[1])
    try:
        yield served
    finally:
        await served.shutdown()
        sweeping.cancel()
