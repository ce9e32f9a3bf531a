"""POST /v1/embeddings."""

from litestar import Response, post
from litestar.datastructures import State

from services.gateway.endpoints.openai_embeddings import OPENAI_EMBEDDINGS
from services.gateway.http.errors import handlers
from services.gateway.http.request import V1Request, incoming_of
from services.gateway.http.respond import respond
from services.gateway.http.streaming import StreamingAnswer
from services.gateway.pipeline.embeddings import Embeddings


@post(list(OPENAI_EMBEDDINGS.routes), status_code=200, exception_handlers=handlers(OPENAI_EMBEDDINGS.error))
async def create_embeddings(request: V1Request, state: State) -> Response[bytes] | StreamingAnswer:
    """Make vectors of texts."""
    embeddings: Embeddings = state.embeddings
    incoming = await incoming_of(request, state)
    return await respond(
        request, state, lambda on_rate_limit: embeddings.run(incoming, on_rate_limit), id_headers=("x-request-id",)
    )
