"""Calls that are passed through: moderations, images, sound, files, uploads and batches."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final

from litestar import delete, get, post
from litestar.datastructures import State

from libs.common.errors import NotFound, RequestTimeout, UnsupportedMediaType
from services.gateway.domain import passthrough as domain
from services.gateway.domain.request import Incoming
from services.gateway.endpoints.openai_embeddings import OPENAI_EMBEDDINGS
from services.gateway.http.errors import handlers
from services.gateway.http.middleware import request_scope
from services.gateway.http.request import V1Request, api_key, query_of, rate_headers
from services.gateway.http.streaming import ClientDisconnect, StreamingAnswer, disconnected
from services.gateway.pipeline.passthrough import Passed, Passthrough, PassthroughCall

_HANDLERS: Final = handlers(OPENAI_EMBEDDINGS.error)


def _paths(method: str) -> list[str]:
    paths = (operation.path for operation in domain.OPERATIONS if operation.method == method)
    return [path.replace("{id}", "{object_id:str}") for path in paths]


@post(_paths("POST"), status_code=200, exception_handlers=_HANDLERS, request_max_body_size=domain.LARGEST)
async def post_through(request: V1Request, state: State) -> StreamingAnswer:
    """Pass a call on."""
    return await _through(request, state)


@get(_paths("GET"), status_code=200, exception_handlers=_HANDLERS)
async def get_through(request: V1Request, state: State) -> StreamingAnswer:
    """Pass a look at an object on."""
    return await _through(request, state)


@delete(_paths("DELETE"), status_code=200, exception_handlers=_HANDLERS)
async def delete_through(request: V1Request, state: State) -> StreamingAnswer:
    """Pass a deletion on."""
    return await _through(request, state)


PASSTHROUGH: Final = (post_through, get_through, delete_through)


async def _through(request: V1Request, state: State) -> StreamingAnswer:
    service: Passthrough = state.passthrough
    own, clock = request_scope(request.scope), state.clock
    accepted, time_ms = clock.monotonic(), int(clock.now().timestamp() * 1000)
    key = api_key(request.scope)
    principal = await state.admission.authenticate(key)  # only the bodies of known keys are read
    own.org_id, own.key_id = principal.org_id, principal.key_id
    raw_path: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    found = domain.find(request.method, raw_path.partition(b"?")[0].decode("latin-1"))
    if found is None:
        raise NotFound("There is nothing at this address.")
    if own.incoming.get("content-encoding", "identity").lower() not in ("", "identity"):
        raise UnsupportedMediaType("Send the body without a Content-Encoding.", code="unsupported_encoding")
    over = asyncio.Event()
    call = PassthroughCall(
        incoming=Incoming(
            request_id=own.request_id,
            accepted=accepted,
            time_ms=time_ms,
            api_key=key,
            body=b"",
            headers=own.incoming,
            query=query_of(request.scope),
            principal=principal,
        ),
        operation=found[0],
        ids=found[1],
        content=_content(request, over, state.body_timeout),
    )
    passed = await _unless_left(request, over, service.run(call, lambda verdict: rate_headers(own, verdict)))
    headers = dict(passed.headers)
    kind = headers.pop("content-type", "application/octet-stream")
    for name, value in headers.items():
        if name not in own.headers or name == "x-request-id":
            own.headers[name] = value
    own.headers.setdefault("x-request-id", own.request_id)
    own.headers["x-promptly-cache"] = "off"
    own.headers["x-promptly-model"] = passed.model
    return StreamingAnswer(passed.chunks, ((b"content-type", kind.encode("latin-1", "replace")),), passed.status)


async def _content(request: V1Request, over: asyncio.Event, seconds: float) -> AsyncIterator[bytes]:
    """The body as it comes. `over` is set at its end, before which nobody else may look for a client that left."""
    more = True
    while more:
        try:
            async with asyncio.timeout(seconds):
                event: Any = await request.receive()
        except TimeoutError:
            raise RequestTimeout("The body did not arrive in time.") from None
        if event["type"] == "http.disconnect":
            raise ClientDisconnect("The client left before its body was over.")
        more = event.get("more_body", False)
        if not more:
            over.set()
        if body := event.get("body", b""):
            yield body


async def _unless_left(request: V1Request, over: asyncio.Event, work: Any) -> Passed:
    """Do the work, unless the client leaves after its body: then it is cancelled, and with it the call to the provider."""

    async def left() -> None:
        await over.wait()
        await disconnected(request.receive)

    working, gone = asyncio.create_task(work), asyncio.create_task(left())
    try:
        await asyncio.wait((working, gone), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect("The client left before there was an answer.")
        passed: Passed = working.result()
        return passed
    finally:
        for task in (working, gone):
            task.cancel()
