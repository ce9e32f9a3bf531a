"""The web server inside the process: listens while its block runs, finishes what is in hand."""

import asyncio
import socket
from collections import Counter
from typing import Any

import httpx
import pytest

from libs.common.settings import SettingsError
from libs.common.web import serve_http


class SlowApp:
    """Answers when it is told to, with the address that it believes the client has."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.cut = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked.set()
        try:
            await self.may_answer.wait()
        except asyncio.CancelledError:
            self.cut = True
            raise
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope["client"][0].encode()})


async def test_what_is_in_hand_is_finished_and_nothing_new_is_taken() -> None:
    app = SlowApp()
    async with serve_http(app, "127.0.0.1", 0, 5.0) as served, httpx.AsyncClient() as client:
        url = f"http://127.0.0.1:{served.port}/"
        asking = asyncio.create_task(client.get(url))
        await app.asked.wait()
        stopping = asyncio.create_task(served.shutdown())
        while await _accepts(served.port):
            pass
        assert not asking.done()
        app.may_answer.set()
        assert (await asking).status_code == 200
        await stopping
        await served.shutdown()


async def test_what_takes_longer_than_the_drain_is_cut() -> None:
    app = SlowApp()
    async with httpx.AsyncClient() as client:
        async with serve_http(app, "127.0.0.1", 0, 0.05) as served:
            asking = asyncio.create_task(client.get(f"http://127.0.0.1:{served.port}/"))
            await app.asked.wait()
        assert app.cut
        (outcome,) = await asyncio.gather(asking, return_exceptions=True)
        assert not isinstance(outcome, httpx.Response) or outcome.status_code == 500


async def test_a_crowd_of_connections_waits_its_turn_and_nobody_of_it_is_refused() -> None:
    """Six hundred that came while the loop did something else: between a handful of them and the next, others are served."""
    crowd, turns, begun = 600, 0, []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        begun.append(turns)
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async with serve_http(app, "127.0.0.1", 0, 1.0) as served:
        places = []
        for _ in range(crowd):
            place = socket.create_connection(("127.0.0.1", served.port), timeout=5)  # the loop stands still meanwhile
            place.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            places.append(place)
        while len(begun) < crowd:
            turns += 1
            await asyncio.sleep(0)
        assert max(Counter(begun).values()) <= 32
        await asyncio.sleep(0)  # what is written leaves at the end of its turn
        for place in places:
            assert place.recv(12) == b"HTTP/1.1 204"
            place.close()


async def test_a_port_that_is_taken_is_said() -> None:
    async with serve_http(SlowApp(), "127.0.0.1", 0, 1.0) as served:
        with pytest.raises(SettingsError, match=r"cannot be listened on .*in use"):
            async with serve_http(SlowApp(), "127.0.0.1", served.port, 1.0):
                pytest.fail("two servers on one port")


async def test_small_writes_leave_at_once() -> None:
    app = SlowApp()
    app.may_answer.set()
    async with serve_http(app, "127.0.0.1", 0, 1.0) as served, httpx.AsyncClient() as client:
        await client.get(f"http://127.0.0.1:{served.port}/")
        (connection,) = served._server.server_state.connections
        accepted = connection.transport.get_extra_info("socket")
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize(
    ("trusted", "seen"), [("", "127.0.0.1"), ("127.0.0.1", "203.0.113.9"), ("10.0.0.1", "127.0.0.1")]
)
async def test_only_a_trusted_proxy_names_the_client(trusted: str, seen: str) -> None:
    app = SlowApp()
    app.may_answer.set()
    async with (
        serve_http(app, "127.0.0.1", 0, 1.0, trusted_proxies=trusted) as served,
        httpx.AsyncClient(headers={"X-Forwarded-For": "203.0.113.9"}) as client,
    ):
        assert (await client.get(f"http://127.0.0.1:{served.port}/")).text == seen


async def _accepts(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
