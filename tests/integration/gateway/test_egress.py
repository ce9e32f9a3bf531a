"""The way out: every shape of an answer, every way to end, on the loop that services run on and on the standard one."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from yarl import URL

from services.gateway.clients.egress import Egress
from services.gateway.clients.http_connection import Answer
from services.gateway.domain.attempts import Failure
from tests.integration.gateway.peer import LOOPS, Peer, always, peer, run


def egress(**given: Any) -> Egress:
    return Egress(["127.0.0.1"], **given)


async def whole(answer: Answer) -> bytes:
    parts = []
    while data := await answer.read():
        parts.append(data)
    return b"".join(parts)


async def ask(out: Egress, url: URL, method: str = "POST", body: Any = b"{}", **headers: str) -> tuple[int, bytes]:
    answer = await out.request(method, url, headers, body)
    return answer.status, await whole(answer)


OK = b"HTTP/1.1 200 OK\r\n"
SHAPES = [
    (OK + b"Content-Length: 5\r\n\r\nhello", 200, b"hello", True),
    (OK + b"content-length: 0\r\n\r\n", 200, b"", True),
    (OK + b"transfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", 200, b"hello", True),
    (OK + b"transfer-encoding: chunked\r\n\r\n2;x=y\r\nhe\r\n0\r\nTrailer: x\r\n\r\n", 200, b"he", True),
    (OK + b"connection: close\r\ncontent-length: 5\r\n\r\nhello", 200, b"hello", False),
    (b"HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\nhello", 200, b"hello", False),
    (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b"", True),
    (b"HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n", 304, b"", True),
    (b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"content-length: 2\r\n\r\nok", 200, b"ok", True),
    (b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" * 3 + OK + b"content-length: 2\r\n\r\nok", 200, b"ok", True),
    (b"HTTP/1.1 529 \r\ncontent-length: 2\r\n\r\nno", 529, b"no", True),
]


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize(("data", "status", "body", "kept"), SHAPES)
def test_an_answer_of_each_shape(loop: str, data: bytes, status: int, body: bytes, kept: bool) -> None:
    async def test() -> None:
        async with peer(always(data, close=not kept)) as found, egress() as out:
            for _ in range(3):
                assert await ask(out, found.url, **{"x-own": "1"}) == (status, body)
            assert found.connections == (1 if kept else 3)
            sent = found.requests[0]
            assert sent.startswith(b"POST /v1/x?a=b HTTP/1.1\r\nhost: 127.0.0.1:%d\r\n" % found.port)
            assert sent.endswith(b"x-own: 1\r\ncontent-length: 2\r\n\r\n{}")

    run(loop, test)


@pytest.mark.parametrize("loop", LOOPS)
def test_an_answer_in_pieces_of_one_byte(loop: str) -> None:
    data = OK + b"X-Name: \xc3\xbc\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"

    async def serve(found: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while True:
            await found.heard(reader)
            for byte in data:
                writer.write(bytes((byte,)))
                await writer.drain()

    async def test() -> None:
        async with peer(serve) as found, egress() as out:
            for _ in range(3):
                answer = await out.request("POST", found.url, {}, b"{}")
                assert answer.headers["x-name"] == "ü"
                assert await whole(answer) == b"abc"
            assert found.connections == 1

    run(loop, test)


@pytest.mark.parametrize("loop", LOOPS)
def test_a_body_that_ends_with_its_connection(loop: str) -> None:
    async def test() -> None:
        async with peer(always(OK + b"\r\nall of it", close=True)) as found, egress() as out:
            assert await ask(out, found.url) == (200, b"all of it")

    run(loop, test)


BROKEN = [
    (b"hello\r\n\r\n", "malformed"),
    (b"\0" * 100, "malformed"),
    (b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 300 + b"content-length: 0\r\n\r\n", "malformed"),
    (b"HTTP/1.1 200 OK\r\nx: " + b"y" * 70_000, "malformed"),
    (b"HTTP/1.1 100 Continue\r\n\r\n" * 5_000, "malformed"),
    (b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n", "malformed"),
    (OK + b"content-length: 5\r\ncontent-length: 6\r\n\r\nhello", "malformed"),
    (OK + b"content-length: -1\r\n\r\n", "malformed"),
    (OK + b"transfer-encoding: chunked\r\n\r\nzz\r\n", "malformed"),
    (OK + b"content-length: 5\r\n\r\nhel", "truncated"),
    (OK + b"transfer-encoding: chunked\r\n\r\n5\r\nhel", "truncated"),
    (OK + b"transfer-encoding: chunked\r\n\r\n3\r\nhel\r\n", "truncated"),
    (b"HTTP/1.1 200 OK\r\ncontent-le", "connect"),
    (b"", "connect"),
]


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize(("data", "kind"), BROKEN)
def test_what_is_no_answer_is_called_so_and_its_connection_is_not_used_again(loop: str, data: bytes, kind: str) -> None:
    async def test() -> None:
        async with peer(always(data, close=True)) as found, egress() as out:
            for number in range(2):
                with pytest.raises(Failure) as failed:
                    await ask(out, found.url)
                assert failed.value.kind == kind
                assert found.connections == number + 1
            assert not out._used

    run(loop, test)


@pytest.mark.parametrize("loop", LOOPS)
def test_what_stands_behind_an_answer_is_nobodys(loop: str) -> None:
    two = (OK + b"content-length: 2\r\n\r\nok") * 2

    async def test() -> None:
        async with peer(always(two)) as found, egress() as out:
            assert await ask(out, found.url) == (200, b"ok")
            assert await ask(out, found.url) == (200, b"ok")
            assert found.connections == 2

    run(loop, test)


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize(("method", "again"), [("POST", False), ("GET", True), ("DELETE", True)])
def test_a_kept_connection_that_the_server_has_closed(loop: str, method: str, again: bool) -> None:
    async def serve(found: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await found.heard(reader)
        writer.write(OK + b"content-length: 2\r\n\r\nok")
        if found.connections == 1:
            await found.heard(reader)
            return  # closed, with the second request read and no answer given
        await found.heard(reader)

    async def test() -> None:
        async with peer(serve) as found, egress() as out:
            assert await ask(out, found.url, "GET", None) == (200, b"ok")
            if again:
                assert await ask(out, found.url, method, None) == (200, b"ok")
                assert len(found.requests) == 3
            else:
                with pytest.raises(Failure, match="No connection"):
                    await ask(out, found.url, method)
                assert len(found.requests) == 2

    run(loop, test)


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("early", ["closed", "cancelled before the head"])
def test_an_answer_that_nobody_reads_to_its_end_ends_its_connection(loop: str, early: str) -> None:
    began = asyncio.Event()

    async def serve(found: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await found.heard(reader)
        if early != "cancelled before the head":
            writer.write(OK + b"content-length: 100\r\n\r\nsome")
        began.set()
        await reader.read(1)

    async def test() -> None:
        async with peer(serve) as found, egress() as out:
            if early == "closed":
                answer = await out.request("POST", found.url, {}, b"{}")
                assert await answer.read() == b"some"
                answer.close()
            else:
                task = asyncio.create_task(ask(out, found.url))
                await began.wait()
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            await found.ended.wait()
            await asyncio.sleep(0)
            assert not out._used

    run(loop, test)


@pytest.mark.parametrize("loop", LOOPS)
def test_one_host_has_half_of_the_connections_and_others_wait_in_turn(loop: str) -> None:
    go_on = asyncio.Event()

    async def serve(found: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await found.heard(reader)
            await go_on.wait()
            writer.write(OK + b"content-length: 2\r\n\r\nok")

    async def test() -> None:
        async with (
            peer(serve) as slow,
            peer(always(OK + b"content-length: 2\r\n\r\nok")) as quick,
            egress(connections=4) as out,
        ):
            waiting = [asyncio.create_task(ask(out, slow.url)) for _ in range(6)]
            while slow.connections < 2:
                await asyncio.sleep(0)
            assert await ask(out, quick.url) == (200, b"ok")
            waiting[3].cancel()
            go_on.set()
            done = await asyncio.gather(*waiting, return_exceptions=True)
            assert [one == (200, b"ok") for one in done] == [True, True, True, False, True, True]
            assert (slow.connections, len(slow.requests)) == (2, 5)
            assert not out._used
            assert not out._waiting

    run(loop, test)


@pytest.mark.parametrize("loop", LOOPS)
def test_a_body_that_nobody_reads_is_not_kept(loop: str) -> None:
    sent = 0

    async def serve(found: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await found.heard(reader)
        writer.write(OK + b"content-length: 64000000\r\n\r\n")
        for _ in range(1_000):
            writer.write(b"x" * 64_000)
            await writer.drain()
            sent += 64_000

    async def test() -> None:
        async with peer(serve) as found, egress() as out:
            answer = await out.request("POST", found.url, {}, b"{}")
            while answer._size < 256 << 10:
                await asyncio.sleep(0)
            assert answer._size < 1_000_000
            assert sent < 32_000_000
            size = 0
            while data := await answer.read():
                size += len(data)
            assert size == 64_000_000

    run(loop, test)


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("announced", [False, True])
def test_a_body_in_pieces(loop: str, announced: bool) -> None:
    async def serve(found: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if announced:
            await found.heard(reader)
        else:
            found.requests.append(await reader.readuntil(b"0\r\n\r\n"))
        writer.write(OK + b"content-length: 2\r\n\r\nok")

    async def pieces() -> AsyncIterator[bytes]:
        for piece in (b"one", b"", b"two"):
            await asyncio.sleep(0)
            yield piece

    async def test() -> None:
        async with peer(serve) as found, egress() as out:
            headers = {"content-length": "6"} if announced else {}
            assert await ask(out, found.url, body=pieces(), **headers) == (200, b"ok")
            body = found.requests[0].partition(b"\r\n\r\n")[2]
            assert body == (b"onetwo" if announced else b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n")
            assert (b"transfer-encoding" in found.requests[0]) != announced

    run(loop, test)


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("early", [False, True])
def test_a_body_that_breaks_off_or_is_not_wanted(loop: str, early: bool) -> None:
    async def serve(_: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"one")
        if early:
            writer.write(b"HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno")
        await reader.read()

    closed = asyncio.Event()

    async def pieces() -> AsyncIterator[bytes]:
        try:
            yield b"one"
            if not early:
                raise RuntimeError
            await asyncio.Event().wait()
        finally:
            closed.set()

    async def test() -> None:
        async with peer(serve) as found, egress() as out:
            if early:
                assert await ask(out, found.url, body=pieces()) == (413, b"no")
            else:
                with pytest.raises(Failure) as failed:
                    await ask(out, found.url, body=pieces())
                assert failed.value.kind == "truncated"
            await closed.wait()
            await found.ended.wait()
            assert found.connections == 1

    run(loop, test)


@pytest.mark.parametrize("value", ["a\r\nx-other: b", "a\nb", "a\rb", "a\0b"])
def test_a_header_cannot_begin_another(value: str) -> None:
    async def test() -> None:
        async with peer(always(OK + b"content-length: 2\r\n\r\nok")) as found, egress() as out:
            with pytest.raises(Failure):
                await ask(out, found.url, **{"x-own": value})
            assert found.requests == []
            assert await ask(out, found.url) == (200, b"ok")
            assert not out._used

    run("uvloop", test)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "169.254.169.254", "nowhere.invalid"])
def test_addresses_that_nobody_lists_are_not_called(host: str) -> None:
    async def test() -> None:
        async with peer(always(OK + b"content-length: 2\r\n\r\nok")) as found, Egress([]) as out:
            with pytest.raises(Failure) as failed:
                await ask(out, URL(f"http://{host}:{found.port}/", encoded=True))
            assert failed.value.kind == "connect"
            assert found.connections == 0
            assert not out._used

    run("uvloop", test)


def test_a_name_with_an_address_that_nobody_answers_at_is_reached_at_the_other() -> None:
    """`localhost` has two addresses on most machines, and the server listens on one."""

    async def test() -> None:
        async with peer(always(OK + b"content-length: 2\r\n\r\nok")) as found, Egress(["localhost"]) as out:
            assert await ask(out, URL(f"http://localhost:{found.port}/", encoded=True)) == (200, b"ok")

    run("uvloop", test)


def test_a_server_that_takes_no_connection_is_given_up() -> None:
    async def test() -> None:
        with socket.socket() as full:
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            held = [socket.socket() for _ in range(4)]
            for one in held:
                one.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    one.connect(full.getsockname())
            async with egress(connect=0.2) as out:
                with pytest.raises(Failure) as failed:
                    await ask(out, URL(f"http://127.0.0.1:{full.getsockname()[1]}/", encoded=True))
                assert failed.value.kind == "connect"
                assert not out._used
            for one in held:
                one.close()

    run("uvloop", test)
