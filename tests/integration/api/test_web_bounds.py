"""What a peer may send before anybody knows who it is, how long it may take, and how many of them there may be."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from libs.common.http_limits import HttpLimits
from libs.common.web import Served, serve_http

Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _app(scope: Any, receive: Any, send: Any) -> None:
    if scope["path"] == "/hang":
        await asyncio.Event().wait()
    body = b"x" * 50_000_000 if scope["path"] == "/large" else b"ok"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    limits = HttpLimits(head_seconds=0.3, body_seconds=0.3, stall_seconds=0.3, connections=20)
    async with serve_http(_app, "127.0.0.1", 0, 0.1, limits=limits) as served:
        yield served


async def _open(served: Served, sent: bytes = b"") -> Pair:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(sent)
    return reader, writer


async def _status(pair: Pair) -> int:
    async with asyncio.timeout(10):
        line = await pair[0].readline()
    return int(line.split()[1]) if line else 0


@pytest.mark.parametrize(
    "head",
    [
        b"X-A: " + b"a" * 70_000,
        b"\r\n".join(b"x-%d: 1" % number for number in range(101)),
        b"\r\n".join(b"x-%d: %s" % (number, b"b" * 1000) for number in range(70)),
        b"X-A: " + b"a" * 2_000_000,
        b"X-" + b"n" * 2_000_000 + b": 1",
    ],
)
async def test_a_head_that_is_too_large_is_refused_with_a_sentence(served: Served, head: bytes) -> None:
    pair = await _open(served, b"POST / HTTP/1.1\r\nHost: a\r\n" + head + b"\r\nContent-Length: 3\r\n\r\nabc")
    assert await _status(pair) == 431
    whole = (await pair[0].read()).partition(b"\r\n\r\n")[2]
    assert "64 kB" in json.loads(whole)["detail"]


async def test_an_address_that_is_too_long_is_refused_too(served: Served) -> None:
    pair = await _open(served, b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n")
    assert await _status(pair) == 431


async def test_a_head_within_the_bounds_is_served(served: Served) -> None:
    headers = {f"x-{number}": "c" * 500 for number in range(90)}
    async with httpx.AsyncClient() as client:
        assert (await client.get(f"http://127.0.0.1:{served.port}/", headers=headers)).status_code == 200
        body = b"[" * 5_000_000  # a large body beside a small head
        assert (await client.post(f"http://127.0.0.1:{served.port}/", content=body)).status_code == 200


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost",
        b"\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET",
    ],
)
async def test_who_sends_no_whole_head_is_not_waited_for(served: Served, sent: bytes) -> None:
    reader, _ = await _open(served, sent)
    async with asyncio.timeout(6):
        await reader.read()


async def test_who_sends_no_more_of_a_body_or_takes_nothing_of_an_answer_is_not_waited_for(served: Served) -> None:
    reader, _ = await _open(served, b"POST /hang HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc")
    taker = socket.create_connection(("127.0.0.1", served.port))
    await asyncio.to_thread(taker.sendall, b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
    async with asyncio.timeout(6):
        await reader.read()
        while served._server.server_state.connections:
            await asyncio.sleep(0.01)
    taker.close()


async def test_idle_connections_make_room_and_one_too_many_is_told_so(served: Served) -> None:
    idle = [await _open(served) for _ in range(20)]
    async with httpx.AsyncClient() as client:
        assert (await client.get(f"http://127.0.0.1:{served.port}/")).status_code == 200
    busy = [await _open(served, b"GET /hang HTTP/1.1\r\nHost: a\r\n\r\n") for _ in range(20)]
    while len([one for one in served._server.server_state.connections if not one.idle]) < 20:  # type: ignore[union-attr]
        await asyncio.sleep(0.01)
    refused = await _open(served)
    assert await _status(refused) == 503
    assert b"as many connections as it takes" in await refused[0].read()
    for _, writer in (*idle, *busy):
        writer.close()
