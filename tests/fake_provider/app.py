"""The provider's HTTP side: three providers' endpoints, and /_control for tests."""

import asyncio
import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from tests.fake_provider import answer, faults, known, meter, routes, serving, strict, wire_anthropic, wire_responses
from tests.fake_provider.formats import Format
from tests.fake_provider.openai_cache import OpenAICache
from tests.fake_provider.prefix_cache import PrefixCache
from tests.fake_provider.recorded import Recorded, key
from tests.fake_provider.routes import Route
from tests.fake_provider.script import Script, Step
from tests.fake_provider.serving import Receive, Scope, Send
from tests.fake_provider.side_routes import SideRoutes


class FakeProvider:
    """An ASGI application. `ledger` holds one entry for each request that reached an endpoint that generates.

    `strict` refuses what the real provider refuses. `record_bodies` keeps the bodies of requests in the ledger. `demo`
    answers the questions of the documentation's examples. `prefix_cache` caches what Anthropic's clients mark,
    `openai_cache` what OpenAI's send; `recorded` are answers by the key of what was said last.
    """

    def __init__(self, *, strict: bool = False, demo: bool = False) -> None:
        self.script = Script()
        self.ledger: list[dict[str, Any]] = []
        self.strict = strict
        self.demo = demo
        self.record_bodies = False
        self.side = SideRoutes(self.script.next, self.ledger)
        self.prefix_cache: PrefixCache | None = None
        self.openai_cache: OpenAICache | None = None
        self.recorded: Mapping[str, Recorded] = {}
        self._count = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body = await serving.body_of(receive)
        path, method = scope["path"], scope["method"]
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        if path.startswith("/_control/"):
            await self._control(path, method, body, send)
        elif (side := self.side.format_of(path)) is not None:
            await self._side(method, path, scope["query_string"].decode("latin-1"), headers, body, side, send)
        elif (route := routes.find(method, path, scope["query_string"].decode("latin-1"), headers)) is None:
            step = Step(message=f"Invalid URL ({method} {path})")
            await serving.respond(send, 404, routes.find_any(path).error(404, step, 0))
        elif route.lists_models:
            await self._models(route, headers, send)
        else:
            await self._chat(body, headers, route, f"{path}?{scope['query_string'].decode('latin-1')}", receive, send)

    async def _control(self, path: str, method: str, body: bytes, send: Send) -> None:
        found: Any = {}
        match path.removeprefix("/_control/"), method:
            case "script", "POST":
                for model, steps in json.loads(body).items():
                    self.script.add(model, msgspec.convert(steps, list[Step]))
            case "script", "DELETE":
                self.script.clear()
            case "strict", "POST":
                self.strict = json.loads(body)["on"]
            case "answers", "POST":
                self.recorded = {name: msgspec.convert(one, Recorded) for name, one in json.loads(body).items()}
            case "record", "POST":
                self.record_bodies = json.loads(body)["bodies"]
            case "batches", "POST":
                self.side.run.looks = json.loads(body)["looks"]
            case "ledger", _:
                found = list(self.ledger)
                if method == "DELETE":
                    self.ledger.clear()
                    self.script.clear()
            case _:
                await serving.respond(send, 404, b"{}")
                return
        await serving.respond(send, 200, json.dumps(found).encode())

    async def _side(
        self, method: str, path: str, query: str, headers: dict[str, str], raw: bytes, wire: Format, send: Send
    ) -> None:
        """A route that generates no text; in the ledger like the others, with `kind` "side"."""
        api_key = wire.key(headers)
        entry: dict[str, Any] = {"kind": "side", "method": method, "target": f"{path}?{query}".removesuffix("?")}
        entry.update(status=200, bytes=len(raw), sha256=hashlib.sha256(raw).hexdigest(), key_end=api_key[-4:], model="")
        if self.record_bodies:
            entry.update(headers=headers, body=_object(raw))
        self.ledger.append(entry)
        self._count += 1
        step = self.script.next(path)
        if not api_key or api_key.startswith("sk-wrong"):
            step = wire.refusal(api_key)
        if step.delay:
            await asyncio.sleep(step.delay)
        if step.status != 200:
            entry["status"] = step.status
            sent = {**wire.headers(self._count, step), **step.headers}
            await serving.respond(send, step.status, wire.error(step.status, step, self._count), sent)
            return
        if step.content is not None:  # an odd answer, as a test wrote it
            await serving.respond(send, 200, step.content.encode(), wire.headers(self._count, step))
            return
        reply = self.side.answer(method, path, query, headers, raw, step)
        entry.update(status=reply.status, model=reply.model, prompt_tokens=reply.tokens)
        sent = {**wire.headers(self._count, step), **step.headers}
        await serving.respond(send, reply.status, reply.body, sent, kind=reply.kind)

    async def _models(self, route: Route, headers: dict[str, str], send: Send) -> None:
        api_key = route.format.key(headers)
        if not api_key or api_key.startswith("sk-wrong"):
            refusal = route.format.refusal(api_key)
            await serving.respond(send, refusal.status, route.format.error(refusal.status, refusal, 0))
            return
        await serving.respond(send, 200, route.format.models(meter.models_of(route.format.PROVIDER)))

    async def _chat(
        self, raw: bytes, headers: dict[str, str], route: Route, target: str, receive: Receive, send: Send
    ) -> None:
        began, wire = time.monotonic(), route.format
        self._count += 1
        number, api_key = self._count, wire.key(headers)
        given = _object(raw)
        body = wire.read(given)
        model = route.model or str(body.get("model", ""))
        stream = bool(body.get("stream")) if route.stream is None else route.stream
        entry: dict[str, Any] = {"model": model, "status": 0, "stream": stream, "bytes": len(raw)}
        entry.update(key_end=api_key[-4:], prompt_tokens=0, completion_tokens=0, nano_usd=0, closed_early=False)
        entry.update(provider=wire.PROVIDER, tokens=meter.Usage()._asdict(), signatures=[], closed_after_seconds=None)
        entry.update(target=target.removesuffix("?"), sha256=hashlib.sha256(raw).hexdigest())
        if self.record_bodies:
            entry.update(body=given, headers=headers)
        self.ledger.append(entry)
        step = self.script.next(model)
        if not api_key or api_key.startswith("sk-wrong"):
            step = wire.refusal(api_key)
        elif (refused := self._refused(route, model, body, headers, stream)) is not None:
            step = refused
        entry["status"] = step.status
        gone = asyncio.ensure_future(serving.until_gone(receive))
        try:
            hashed = serving.Hashed(send)
            entry["closed_early"] = not await self._react(number, route, model, body, step, entry, gone, hashed)
            entry["answer_sha256"] = hashed.sha256
        finally:
            entry["closed_after_seconds"] = time.monotonic() - began
            gone.cancel()

    def _refused(
        self, route: Route, model: str, body: dict[str, Any], headers: dict[str, str], stream: bool
    ) -> Step | None:
        provider = "responses" if route.format is wire_responses else route.format.PROVIDER
        before = body.get("previous_response_id")
        if provider == "responses" and before is not None and before not in self.side.responses:
            message = f"Previous response with id '{before}' not found."
            return Step(status=400, message=message, code="previous_response_not_found", param="previous_response_id")
        if self.strict:
            return strict.refusal(provider, strict.Sent(model, body, headers, stream))
        if body.get({"google": "contents", "responses": "input"}.get(provider, "messages")):
            return None
        return Step(status=400, message="The body is not a JSON object with messages.")

    async def _react(
        self,
        number: int,
        route: Route,
        model: str,
        body: dict[str, Any],
        step: Step,
        entry: dict[str, Any],
        gone: asyncio.Future[None],
        send: Send,
    ) -> bool:
        """Answers as the step says; false where the client left before it had everything."""
        wire = route.format
        headers = {**wire.headers(number, step), **step.headers}
        if step.hang or step.delay:
            await asyncio.wait((gone,), timeout=None if step.hang else step.delay)
            if gone.done():
                return False
        if step.status != 200 or step.error_in_200:
            error = wire.error(step.status if step.status != 200 else 500, step, number)
            if not route.sse:
                error = b"[" + error + b"\n]"
            await serving.respond(send, step.status, error, headers, step.dribble)
            return True
        if step.malformed:
            await serving.respond(send, 200, b"<html>Bad gateway</html>")
            return True
        if self.recorded and step == Step() and (known_answer := self.recorded.get(key(wire.last(body)))) is not None:
            step = Step(content=known_answer.content, completion_tokens=known_answer.completion_tokens)
        elif self.demo and step.content is None and not step.tool_calls:
            step = msgspec.structs.replace(step, content=known.answer(wire.last(body)))
        made = answer.make(
            number, int(time.time()), model, step, wire.last(body), wire.count(model, body), _tier(wire, body)
        )
        cache = (
            self.prefix_cache if wire is wire_anthropic else self.openai_cache if wire.PROVIDER == "openai" else None
        )
        if cache is not None:
            cached = cache.used(entry["key_end"], model, body)
            made = replace(made, used=made.used._replace(**dict(zip(cached._fields[:4], cached[:4], strict=True))))
        used = made.used
        entry.update(prompt_tokens=used.prompt, completion_tokens=used.completion, tokens=used._asdict())
        billed = meter.bill_usage(model, used, tier=made.tier, speed=made.speed, geo=made.geo)
        entry.update(nano_usd=billed, signatures=wire.signatures(body))
        if step.fault is not None:
            fault = faults.BY_NAME[step.fault]
            broken = (faults.stream if entry["stream"] else faults.whole)(
                fault,
                wire.PROVIDER,
                wire.whole(made),
                wire.events(made, {**body, "stream_options": {"include_usage": True}} if fault.swap else body),
            )
            await serving.respond(send, 200, broken, {**headers, **fault.headers})
            return True
        if entry["stream"]:
            events, failure = wire.events(made, body), wire.error_event(step, number)
            if wire is wire_responses:
                self._stored(made, body)
            return await serving.stream(events, failure, step, headers, gone, send, sse=route.sse)
        if step.reset_after is not None:
            await serving.break_off(send, gone, reset=True)
            return True
        whole = wire.whole(made)
        if wire is wire_responses:
            whole = json.dumps(self._stored(made, body), ensure_ascii=False).encode("utf-8", "surrogatepass")
        await serving.respond(send, 200, whole, headers, step.dribble)
        return True

    def _stored(self, made: answer.Answer, body: dict[str, Any]) -> dict[str, Any]:
        """A response, which the provider keeps unless it is asked not to."""
        found = wire_responses.response(made, body)
        if body.get("store") is not False:
            before = self.side.responses.get(body.get("previous_response_id") or "")
            earlier = [] if before is None else [*before[1], *before[0]["output"]]
            self.side.responses[found["id"]] = (found, [*earlier, *wire_responses.items(body)])
        if body.get("background"):  # what is shown later is finished
            return {**found, "background": True, "status": "queued", "output": [], "usage": None}
        return found


def _tier(wire: Format, body: dict[str, Any]) -> str:
    """The service tier that serves a request: OpenAI has room on its slower one unless a script says otherwise."""
    return "flex" if wire.PROVIDER == "openai" and body.get("service_tier") == "flex" else "default"


def _object(raw: bytes) -> dict[str, Any]:
    """The object of a body; empty for anything else."""
    try:
        found = json.loads(raw)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
