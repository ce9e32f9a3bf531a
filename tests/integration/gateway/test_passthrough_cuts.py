"""Streams that are passed through and cut: by the client at any moment, and by the provider before and after its first byte."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.fixtures.gateway import Stack, gateway_stack
from tests.fixtures.nats import until

CUTS = 200
Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


@asynccontextmanager
async def upstream(stack: Stack, answer: Answer) -> AsyncIterator[list[int]]:
    """A provider that answers as a test wants; the numbers of its connections that are open."""
    open_ones: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_ones.append(id(writer))
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            size = next(
                (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
            )
            await reader.readexactly(size)
            await answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            open_ones.remove(id(writer))
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    stack.change(provider_keys=(stack.seal("openai", "sk-x", base_url=f"http://127.0.0.1:{port}/v1"),))
    try:
        yield open_ones
    finally:
        server.close()


@pytest.fixture
async def own(tmp_path: Path) -> AsyncIterator[Stack]:
    """A gateway that may call any port of this machine."""
    async with gateway_stack(tmp_path, allowed_hosts="127.0.0.1") as stack:
        yield stack


def _request(http: httpx.AsyncClient) -> httpx.Request:
    body = {"model": "gpt-image-1", "prompt": "A cat", "stream": True}
    return http.build_request("POST", "/v1/images/generations", json=body)


@asynccontextmanager
async def client(stack: Stack) -> AsyncIterator[httpx.AsyncClient]:
    key = {"authorization": f"Bearer {stack.api_key}"}
    async with httpx.AsyncClient(base_url=stack.url, headers=key, timeout=10) as http:
        yield http


async def _drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD)
    gone = asyncio.create_task(reader.read())
    while not gone.done():
        writer.write(chunk(b'data: {"type":"image_generation.partial_image"}\n\n'))
        await writer.drain()
        await asyncio.sleep(0.01)


async def test_a_client_that_leaves_a_stream_closes_the_provider_and_leaves_one_row(own: Stack) -> None:
    stack = own
    async with upstream(stack, _drip) as open_ones, client(stack) as http:

        async def cut(number: int) -> None:
            answer = await http.send(_request(http), stream=True)
            pieces = answer.aiter_raw()
            for _ in range(number % 4):
                await anext(pieces)
            await asyncio.sleep(number % 7 / 200)
            await answer.aclose()

        for begin in range(0, CUTS, 20):
            await asyncio.gather(*(cut(number) for number in range(begin, begin + 20)))
        async with asyncio.timeout(1):
            while open_ones:
                await asyncio.sleep(0.01)
        await until(lambda: len(stack.finished) == CUTS)
    assert {(event.status, event.status_code) for event in stack.finished} == {("cancelled", 499)}
    assert {(event.actual_cost_nano, event.unpriced) for event in stack.finished} == {(None, ("usage",))}
    assert len({event.id for event in stack.finished}) == CUTS


async def _close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def test_a_provider_that_closes_before_its_first_byte_is_502(own: Stack) -> None:
    stack = own
    async with upstream(stack, _close), client(stack) as http:
        answer = await http.send(_request(http))
    assert answer.status_code == 502
    assert set(answer.json()["error"]) >= {"message", "type", "code"}
    await until(lambda: len(stack.finished) == 1)
    assert stack.finished[0].status == "error"


async def _half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + chunk(b'data: {"type":"image_generation.partial_image"}\n\n'))
    await writer.drain()
    await asyncio.sleep(0.05)
    writer.write(b"ffff\r\nhalf")
    await writer.drain()
    writer.close()


async def test_a_provider_that_breaks_off_breaks_off_for_the_client_too(own: Stack) -> None:
    stack = own
    async with upstream(stack, _half), client(stack) as http:
        with pytest.raises(httpx.RemoteProtocolError):
            await http.send(_request(http))
    await until(lambda: len(stack.finished) == 1)
    (event,) = stack.finished
    assert (event.status, event.status_code, event.error_code) == ("error", 200, "upstream_truncated")
    assert event.actual_cost_nano is None


async def _late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    used = {"input_tokens": 12, "input_tokens_details": {"text_tokens": 12, "image_tokens": 0}, "output_tokens": 272}
    done = json.dumps({"type": "image_generation.completed", "usage": used}).encode()
    writer.write(HEAD + chunk(b"data: " + done[:30]))
    await writer.drain()
    await asyncio.sleep(0.1)
    writer.write(chunk(done[30:] + b"\n\n") + b"0\r\n\r\n")
    await writer.drain()


async def test_the_last_piece_waits_for_the_record(own: Stack) -> None:
    stack = own
    async with upstream(stack, _late), client(stack) as http:
        answer = await http.send(_request(http))
        assert answer.text.endswith("\n\n")
    await until(lambda: len(stack.finished) == 1)
    assert stack.finished[0].actual_cost_nano == 12 * 5_000 + 272 * 40_000
