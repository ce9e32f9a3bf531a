"""POST /v1/embeddings."""

from typing import Final

from litestar import post
from litestar.datastructures import State
from litestar.types import ASGIApp

from services.gateway.domain.embeddings import MAX_INPUTS, MAX_TOKENS
from services.gateway.endpoints.openai_embeddings import OPENAI_EMBEDDINGS
from services.gateway.http.direct import DIRECT
from services.gateway.http.errors import handlers
from services.gateway.http.request import V1Request, incoming_of
from services.gateway.http.respond import respond
from services.gateway.pipeline.embeddings import Embeddings

# Inputs may come as the ids of their tokens, each of which is a value, in lists of their own.
_VALUES: Final = MAX_TOKENS + 4 * MAX_INPUTS


@post(
    list(OPENAI_EMBEDDINGS.routes),
    status_code=200,
    exception_handlers=handlers(OPENAI_EMBEDDINGS.error),
    opt={DIRECT: True},
)
async def create_embeddings(request: V1Request, state: State) -> ASGIApp:
    """Make vectors of texts."""
    embeddings: Embeddings = state.embeddings
    incoming = await incoming_of(request, state, values=_VALUES)
    return await respond(
        request, state, lambda on_rate_limit: embeddings.run(incoming, on_rate_limit), id_headers=("x-request-id",)
    )
