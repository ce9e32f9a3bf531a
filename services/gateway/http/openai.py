"""POST /v1/chat/completions, and the older /v1/completions."""

from collections.abc import Coroutine
from typing import Any

from litestar import post
from litestar.datastructures import State
from litestar.types import ASGIApp

from services.gateway.endpoints.openai_chat import OPENAI_CHAT
from services.gateway.endpoints.openai_completions import OPENAI_COMPLETIONS
from services.gateway.http.direct import DIRECT
from services.gateway.http.errors import handlers
from services.gateway.http.request import V1Request, incoming_of
from services.gateway.http.respond import respond
from services.gateway.pipeline import response as pipeline_response
from services.gateway.pipeline.admission import RateLimitCallback
from services.gateway.pipeline.batch import Batch
from services.gateway.pipeline.pipeline import Pipeline


@post(list(OPENAI_CHAT.routes), status_code=200, exception_handlers=handlers(OPENAI_CHAT.error), opt={DIRECT: True})
async def chat_completions(request: V1Request, state: State) -> ASGIApp:
    """Answer a chat completion, plain or streamed."""
    pipeline: Pipeline = state.pipeline
    incoming = await incoming_of(request, state)
    return await respond(request, state, lambda on_rate_limit: pipeline.run(OPENAI_CHAT, incoming, on_rate_limit))


@post(list(OPENAI_COMPLETIONS.routes), status_code=200, exception_handlers=handlers(OPENAI_COMPLETIONS.error))
async def completions(request: V1Request, state: State) -> ASGIApp:
    """Answer legacy prompts; a body with `messages` gets the chat answer."""
    pipeline: Pipeline = state.pipeline
    batch: Batch = state.batch
    incoming = await incoming_of(request, state)
    prompts = OPENAI_COMPLETIONS.prompts(incoming.body)

    def serve(on_rate_limit: RateLimitCallback) -> Coroutine[Any, Any, pipeline_response.Response]:
        if prompts is None:
            return pipeline.run(OPENAI_CHAT, incoming, on_rate_limit)
        return batch.run(OPENAI_COMPLETIONS, incoming, prompts, on_rate_limit)

    return await respond(request, state, serve)
