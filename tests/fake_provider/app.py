"""The provider's HTTP side: OpenAI's chat endpoint, and /_control for tests."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec

from tests.fake_provider import meter, wire
from tests.fake_provider.script import Script, Step

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class FakeProvider:
    """An ASGI application. `ledger` holds one entry for each request that reached the chat endpoint."""

    def __init__(self) -> None:
        self.script = Script()
        self.ledger: list[dict[str, Any]] = []
        self._count = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body = await _body(receive)
        path, method = scope["path"], scope["method"]
        if path == "/v1/chat/completions" and method == "POST":
            headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
            await self._chat(body, headers, receive, send)
        elif path == "/_control/script" and method == "POST":
            for model, steps in json.loads(body).items():
                self.script.add(model, msgspec.convert(steps, list[Step]))
            await _respond(send, 200, b"{}")
        elif path == "/_control/ledger":
            await _respond(send, 200, json.dumps(self.ledger).encode())
            if method == "DELETE":
                self.ledger.clear()
                self.script.clear()
        else:
            await _respond(send, 404, wire.error(404, f"Invalid URL ({method} {path})", None, None))

    async def _chat(self, raw: bytes, headers: dict[str, str], receive: Receive, send: Send) -> None:
        key = headers.get("authorization", "").removeprefix("Bearer ")
        body = json.loads(raw)
        model = body["model"]
        entry: dict[str, Any] = {"model": model, "status": 0, "stream": bool(body.get("stream")), "bytes": len(raw)}
        entry.update(key_end=key[-4:], prompt_tokens=0, completion_tokens=0, nano_usd=0, closed_early=False)
        self.ledger.append(entry)
        step = self.script.next(model)
        if not key or key.startswith("sk-wrong"):
            step = Step(status=401, message="Incorrect API key provided.", code="invalid_api_key")
        entry["status"] = step.status
        if step.delay:
            await asyncio.sleep(step.delay)
        if step.hang:
            await _until_gone(receive)
            entry["closed_early"] = True
            return
        if step.status != 200:
            error = wire.error(step.status, step.message, step.code, step.param)
            await _respond(send, step.status, error, step.headers)
            return
        if step.malformed:
            await _respond(send, 200, b"<html>Bad gateway</html>")
            return
        self._count += 1
        answer = self._answer(body, step, entry)
        if body.get("stream"):
            await self._stream(answer, body, step, entry, receive, send)
        else:
            await _respond(send, 200, wire.completion(*answer), step.headers)

    def _answer(self, body: dict[str, Any], step: Step, entry: dict[str, Any]) -> tuple[Any, ...]:
        model = body["model"]
        content = step.content if step.content is not None or step.tool_calls else wire.normal_answer(body)
        finish = step.finish_reason or ("tool_calls" if step.tool_calls else "stop")
        generated = (content or "") + "".join(call["function"]["arguments"] for call in step.tool_calls or ())
        prompt, completion = meter.prompt_tokens(body), meter.completion_tokens(model, generated)
        entry.update(prompt_tokens=prompt, completion_tokens=completion, nano_usd=meter.bill(model, prompt, completion))
        used = wire.usage(prompt, completion, step.cached_tokens) if step.usage else None
        identifier = f"chatcmpl-fake{self._count:08d}"
        return identifier, int(time.time()), model, content, step.tool_calls, finish, used

    async def _stream(
        self,
        answer: tuple[Any, ...],
        body: dict[str, Any],
        step: Step,
        entry: dict[str, Any],
        receive: Receive,
        send: Send,
    ) -> None:
        include_usage = bool((body.get("stream_options") or {}).get("include_usage"))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        gone = asyncio.create_task(_until_gone(receive))
        try:
            for sent, chunk in enumerate(wire.chunks(*answer, include_usage=include_usage)):
                if sent == step.error_after:
                    error = wire.error(500, step.message, step.code, None).replace(b"\n", b"")
                    await send({"type": "http.response.body", "body": b"data: %b\n\n" % error, "more_body": True})
                    break
                if sent == step.cut_after:
                    raise ConnectionAbortedError("scripted")
                await send({"type": "http.response.body", "body": b"data: %b\n\n" % chunk, "more_body": True})
                if step.chunk_delay:
                    await asyncio.wait((gone,), timeout=step.chunk_delay)
                if gone.done():
                    entry["closed_early"] = True
                    return
            else:
                await send({"type": "http.response.body", "body": b"data: [DONE]\n\n", "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            gone.cancel()


async def _body(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _respond(send: Send, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
    raw = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    raw += [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body, "more_body": False})
