"""POST /v1/messages and /v1/messages/count_tokens."""

from litestar import post
from litestar.datastructures import State
from litestar.types import ASGIApp

from services.gateway.endpoints.anthropic_count import ANTHROPIC_COUNT
from services.gateway.endpoints.anthropic_messages import ANTHROPIC_MESSAGES
from services.gateway.http.counting import count
from services.gateway.http.direct import DIRECT
from services.gateway.http.errors import handlers
from services.gateway.http.request import V1Request, incoming_of
from services.gateway.http.respond import respond
from services.gateway.http.streaming import WholeAnswer
from services.gateway.pipeline.pipeline import Pipeline


@post(
    list(ANTHROPIC_MESSAGES.routes),
    status_code=200,
    exception_handlers=handlers(ANTHROPIC_MESSAGES.error),
    opt={DIRECT: True},
)
async def messages(request: V1Request, state: State) -> ASGIApp:
    """Answer a message, plain or streamed."""
    pipeline: Pipeline = state.pipeline
    incoming = await incoming_of(request, state)
    return await respond(
        request,
        state,
        lambda on_rate_limit: pipeline.run(ANTHROPIC_MESSAGES, incoming, on_rate_limit),
        ANTHROPIC_MESSAGES.id_headers,
    )


@post(list(ANTHROPIC_COUNT.routes), status_code=200, exception_handlers=handlers(ANTHROPIC_COUNT.error))
async def count_message_tokens(request: V1Request, state: State) -> WholeAnswer:
    """Count the tokens of a message's request."""
    return await count(request, state, ANTHROPIC_COUNT, await incoming_of(request, state))
