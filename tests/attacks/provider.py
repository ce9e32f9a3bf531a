"""A provider that lies, floods, drips or says nothing, as the model's name asks. Raw asyncio: nothing is made valid."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

_MEGABYTE = 1 << 20


@dataclass
class HostileProvider:
    """Where it listens, and how many calls it was asked for."""

    url: str = ""
    calls: int = 0
    _server: asyncio.Server | None = field(default=None, repr=False)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        with suppress(
            asyncio.IncompleteReadError, ConnectionError, ValueError, asyncio.LimitOverrunError, asyncio.CancelledError
        ):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                length = next((line for line in head.split("\r\n") if line.startswith("content-length:")), ":0")
                body = json.loads(await reader.readexactly(int(length.partition(":")[2])) or b"{}")
                self.calls += 1
                await self._answer(str(body.get("model")), bool(body.get("stream")), writer)
        writer.close()

    async def _answer(self, model: str, stream: bool, writer: asyncio.StreamWriter) -> None:
        if model == "silent":
            await asyncio.sleep(3600)
        if model == "drip":
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
            while True:
                event = b"data: " + _chunk(model, {"content": "x"}) + b"\n\n"
                writer.write(b"%x\r\n%b\r\n" % (len(event), event))
                await writer.drain()
                await asyncio.sleep(1)
        if stream and model in _STREAMED:
            data = b"".join(b"data: " + one + b"\n\n" for one in (*_STREAMED[model], b"[DONE]"))
            kind = b"text/event-stream"
        else:
            made = BODIES.get(model)
            data, kind = made() if made else _completion(model), b"application/json"
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\ncontent-length: %d\r\n\r\n%b" % (kind, len(data), data))
        await writer.drain()


def _completion(model: str, **changes: Any) -> bytes:
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    choice = {"index": 0, "message": {"role": "assistant", "content": "An answer."}, "finish_reason": "stop"}
    whole = {"id": "c", "object": "chat.completion", "created": 1, "model": model, "choices": [choice], "usage": usage}
    return json.dumps({**whole, **changes}).encode()


def _chunk(model: str, delta: dict[str, Any], **changes: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": None}
    whole = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": model, "choices": [choice]}
    return json.dumps({**whole, **changes}).encode()


def _huge_usage(size: int) -> dict[str, int]:
    return {"prompt_tokens": size, "completion_tokens": size, "total_tokens": 2 * size}


def _long_content() -> bytes:
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": "word " * (9 * _MEGABYTE // 5)},
        "finish_reason": "stop",
    }
    return _completion("x", choices=[choice], usage=None)


def _nested(depth: int) -> bytes:
    return _completion("x").replace(b'"An answer."', b"[" * depth + b"]" * depth)


BODIES: dict[str, Callable[[], bytes]] = {
    "named 9 MB": lambda: _completion("m" * 9 * _MEGABYTE),
    "named 3,000": lambda: _completion("m" * 3000),
    "id of 9 MB": lambda: _completion("x", id="i" * 9 * _MEGABYTE),
    "usage over int32": lambda: _completion("x", usage=_huge_usage(2**31 + 7)),
    "usage of 10^30": lambda: _completion("x", usage=_huge_usage(10**30)),
    "nested 5,000": lambda: _nested(5000),
    "9 MB, no usage": _long_content,
    "brackets": lambda: b"[" * (10 * _MEGABYTE),
}
_STREAMED = {
    "usage of 10^30": (_chunk("x", {"content": "An answer."}), _chunk("x", {}, choices=[], usage=_huge_usage(10**30))),
    "nested 5,000": (
        _chunk("x", {"content": "An answer."}, more=1).replace(b'"more": 1', b'"more": ' + b"[" * 5000 + b"]" * 5000),
    ),
    "named 3,000": (_chunk("m" * 3000, {"content": "An answer."}), _chunk("m" * 3000, {}, usage=_huge_usage(9))),
}


@asynccontextmanager
async def hostile_provider() -> AsyncIterator[HostileProvider]:
    """It listens on loopback for as long as the block runs."""
    found = HostileProvider()
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0, limit=64 * _MEGABYTE)
    found.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    try:
        yield found
    finally:
        server.close()
