"""POST /v1/chat/completions, and the older /v1/completions."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import msgspec
from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.types import Scope

from libs.common.errors import BadRequest, RequestTimeout, Unauthorized, Unavailable, UnsupportedMediaType
from services.gateway.admission import Admitted
from services.gateway.completions import complete
from services.gateway.domain import json_size
from services.gateway.domain.rate_limit import Verdict
from services.gateway.domain.work import Incoming, Plain, Streamed, Work
from services.gateway.http.edge import Ticket, ticket
from services.gateway.http.streaming import ClientDisconnect, StreamingAnswer, disconnected
from services.gateway.pipeline import Pipeline
from services.gateway.translate.completions import prompts_of
from services.gateway.translate.errors import error_body
from services.gateway.translate.sse import event

T = TypeVar("T")
_ENDING = event(msgspec.json.encode(error_body(Unavailable("This gateway is being stopped. Send the request again."))))
V1Request = Request[Any, Any, Any]
# What a browser sends without asking whether it may; curl calls JSON a form where nobody tells it otherwise.
_NO_JSON = ("text/", "multipart/")
_SSE = ((b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-cache"))


@post("/v1/chat/completions", status_code=200)
async def chat_completions(request: V1Request, state: State) -> Response[bytes] | StreamingAnswer:
    """Answer a chat completion, plain or streamed."""
    pipeline: Pipeline = state.pipeline
    incoming = await incoming_of(request, state)
    return await answered(request, state, lambda admitted: pipeline.run(incoming, admitted))


@post("/v1/completions", status_code=200)
async def completions(request: V1Request, state: State) -> Response[bytes] | StreamingAnswer:
    """Answer legacy prompts; a body with `messages` gets the chat answer."""
    pipeline: Pipeline = state.pipeline
    incoming = await incoming_of(request, state)
    try:
        prompts = prompts_of(incoming.body)
    except RecursionError:
        raise BadRequest("The body is nested too deeply.", code="invalid_json") from None
    if prompts is None:
        return await answered(request, state, lambda admitted: pipeline.run(incoming, admitted))
    return await answered(request, state, lambda admitted: complete(pipeline, incoming, prompts, admitted))


async def incoming_of(request: V1Request, state: State) -> Incoming:
    """The request as the pipeline takes it."""
    own, clock = ticket(request.scope), state.clock
    accepted, time_ms = clock.monotonic(), int(clock.now().timestamp() * 1000)
    key = api_key(request.scope)
    principal = await state.admission.anybody(key)  # a body is read of those who may send one
    return Incoming(
        request_id=own.request_id,
        accepted=accepted,
        time_ms=time_ms,
        api_key=key,
        body=await body_of(request, state.body_timeout),
        headers=own.incoming,
        principal=principal,
    )


async def answered(
    request: V1Request, state: State, serve: Callable[[Admitted], Coroutine[Any, Any, Plain | Streamed]]
) -> Response[bytes] | StreamingAnswer:
    """What the pipeline serves, as an HTTP answer."""
    own = ticket(request.scope)
    answer = await unless_gone(request, serve(lambda verdict: rate_headers(own, verdict)))
    _answer_headers(own, answer.work)
    if isinstance(answer, Plain):
        return Response(answer.body, media_type="application/json")
    return StreamingAnswer(answer.chunks, _SSE, keep_alive=state.keep_alive, cut=state.cut, last=_ENDING)


def api_key(scope: Scope) -> str | None:
    """The key, from either header; two that differ, or a header that comes twice, are no key: the next one to read them may
    take the other.
    """
    headers = ticket(scope).incoming
    if _twice(scope):
        raise Unauthorized("The Authorization or X-API-Key header came more than once.")
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    bearer = bearer.strip() if scheme.lower() == "bearer" else ""
    other = headers.get("x-api-key", "").strip()
    if bearer and other and bearer != other:
        raise Unauthorized("The Authorization and X-API-Key headers hold different keys.")
    return bearer or other or None


def _twice(scope: Scope) -> bool:
    names = [name for name, _ in scope["headers"]]
    return names.count(b"authorization") > 1 or names.count(b"x-api-key") > 1


async def body_of(request: Request[Any, Any, Any], timeout: float) -> bytes:  # noqa: ASYNC109 - a setting, passed on
    """The body, if it is JSON of a size that can be read at once, comes in time and uncompressed."""
    incoming = ticket(request.scope).incoming
    if incoming.get("content-encoding", "identity").lower() not in ("", "identity"):
        raise UnsupportedMediaType("Send the body without a Content-Encoding.", code="unsupported_encoding")
    kind = incoming.get("content-type", "").partition(";")[0].strip().lower()
    if kind.startswith(_NO_JSON):
        raise UnsupportedMediaType(f"Send the body as application/json, not as {kind}.")
    try:
        async with asyncio.timeout(timeout):
            body = await request.body()
    except TimeoutError:
        raise RequestTimeout("The body did not arrive in time.") from None
    if (scan := json_size.scan(body)) is not None:
        for _ in scan:
            await asyncio.sleep(0)  # others are served in between
    return body


async def unless_gone(request: Request[Any, Any, Any], work: Coroutine[Any, Any, T]) -> T:
    """Do the work, unless the client leaves meanwhile: then it is cancelled, and with it the call to the provider."""
    working, gone = asyncio.create_task(work), asyncio.create_task(disconnected(request.receive))
    try:
        await asyncio.wait((working, gone), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect("The client left before there was an answer.")
        return working.result()
    finally:
        for task in (working, gone):
            task.cancel()


def rate_headers(own: Ticket, verdict: Verdict) -> None:
    """Tell the client where it stands."""
    own.headers["x-ratelimit-limit-requests"] = str(verdict.limit)
    own.headers["x-ratelimit-remaining-requests"] = str(verdict.remaining)
    own.headers["x-ratelimit-reset-requests"] = f"{verdict.reset:.0f}s"
    if verdict.local:
        own.headers["x-promptly-ratelimit-mode"] = "local"


def _answer_headers(own: Ticket, work: Work) -> None:
    own.headers["x-promptly-cache"] = "hit" if work.hit is not None else work.cache
    own.headers["x-promptly-model"] = work.served_model or work.routed_model
