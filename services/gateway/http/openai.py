"""POST /v1/chat/completions, and the older /v1/completions."""

from collections.abc import Callable, Coroutine
from typing import Any, Final

from litestar import Response, post
from litestar.datastructures import State

from libs.common.errors import Unavailable
from services.gateway.endpoints.base import Endpoint
from services.gateway.endpoints.openai_chat import OPENAI_CHAT
from services.gateway.endpoints.openai_completions import OPENAI_COMPLETIONS
from services.gateway.http.errors import handlers
from services.gateway.http.middleware import request_scope
from services.gateway.http.request import V1Request, cancel_on_disconnect, incoming_of, rate_headers
from services.gateway.http.streaming import StreamingAnswer
from services.gateway.pipeline import pipeline as pipelines
from services.gateway.pipeline.admission import RateLimitCallback
from services.gateway.pipeline.batch import Batch

_STOPPING: Final = Unavailable("This gateway is being stopped. Send the request again.")
_SSE: Final = ((b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-cache"))


@post(list(OPENAI_CHAT.routes), status_code=200, exception_handlers=handlers(OPENAI_CHAT.error))
async def chat_completions(request: V1Request, state: State) -> Response[bytes] | StreamingAnswer:
    """Answer a chat completion, plain or streamed."""
    pipeline: pipelines.Pipeline = state.pipeline
    incoming = await incoming_of(request, state)
    return await respond(
        OPENAI_CHAT, request, state, lambda on_rate_limit: pipeline.run(OPENAI_CHAT, incoming, on_rate_limit)
    )


@post(list(OPENAI_COMPLETIONS.routes), status_code=200, exception_handlers=handlers(OPENAI_COMPLETIONS.error))
async def completions(request: V1Request, state: State) -> Response[bytes] | StreamingAnswer:
    """Answer legacy prompts; a body with `messages` gets the chat answer."""
    pipeline: pipelines.Pipeline = state.pipeline
    batch: Batch = state.batch
    incoming = await incoming_of(request, state)
    prompts = OPENAI_COMPLETIONS.prompts(incoming.body)

    def serve(on_rate_limit: RateLimitCallback) -> Coroutine[Any, Any, pipelines.Response]:
        if prompts is None:
            return pipeline.run(OPENAI_CHAT, incoming, on_rate_limit)
        return batch.run(OPENAI_COMPLETIONS, incoming, prompts, on_rate_limit)

    return await respond(OPENAI_COMPLETIONS, request, state, serve)


async def respond(
    endpoint: Endpoint,
    request: V1Request,
    state: State,
    serve: Callable[[RateLimitCallback], Coroutine[Any, Any, pipelines.Response]],
) -> Response[bytes] | StreamingAnswer:
    """What the pipeline serves, as an HTTP answer of this endpoint."""
    own = request_scope(request.scope)
    answer = await cancel_on_disconnect(request, serve(lambda verdict: rate_headers(own, verdict)))
    own.headers["x-promptly-cache"] = answer.cache
    own.headers["x-promptly-model"] = answer.model
    if answer.chunks is None:
        return Response(answer.body, media_type="application/json")
    return StreamingAnswer(
        answer.chunks,
        _SSE,
        keep_alive=state.keep_alive,
        keep_alive_bytes=endpoint.keep_alive(),
        cut=state.cut,
        last=endpoint.stream_error(_STOPPING, own.request_id),
    )
