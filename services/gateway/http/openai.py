"""POST /v1/chat/completions, and the older /v1/completions."""

from collections.abc import Callable, Coroutine
from typing import Any, Final

from litestar import Response, post
from litestar.datastructures import State

from libs.common.errors import Unavailable
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


@post(list(OPENAI_CHAT.routes), status_code=200, exception_handlers=handlers(OPENAI_CHAT.error))
async def chat_completions(request: V1Request, state: State) -> Response[bytes] | StreamingAnswer:
    """Answer a chat completion, plain or streamed."""
    pipeline: pipelines.Pipeline = state.pipeline
    incoming = await incoming_of(request, state)
    return await respond(request, state, lambda on_rate_limit: pipeline.run(OPENAI_CHAT, incoming, on_rate_limit))


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

    return await respond(request, state, serve)


async def respond(
    request: V1Request,
    state: State,
    serve: Callable[[RateLimitCallback], Coroutine[Any, Any, pipelines.Response]],
) -> Response[bytes] | StreamingAnswer:
    """What the pipeline serves, as an HTTP answer."""
    own = request_scope(request.scope)
    answer = await cancel_on_disconnect(request, serve(lambda verdict: rate_headers(own, verdict)))
    own.headers["x-promptly-cache"] = answer.cache
    own.headers["x-promptly-model"] = answer.model
    if answer.chunks is None:
        return Response(answer.body, media_type=answer.media_type)
    return StreamingAnswer(
        answer.chunks,
        ((b"content-type", answer.media_type.encode()), (b"cache-control", b"no-cache")),
        keep_alive=state.keep_alive,
        keep_alive_bytes=answer.keep_alive,
        cut=state.cut,
        last=lambda: answer.error(_STOPPING),
    )
