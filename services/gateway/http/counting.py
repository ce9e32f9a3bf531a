"""Counts of tokens, as HTTP answers."""

from litestar import Response
from litestar.datastructures import State

from services.gateway.domain.request import Incoming
from services.gateway.endpoints.counting import CountingEndpoint
from services.gateway.http.middleware import request_scope
from services.gateway.http.request import V1Request, cancel_on_disconnect, rate_headers
from services.gateway.pipeline.count_tokens import CountTokens


async def count(request: V1Request, state: State, endpoint: CountingEndpoint, incoming: Incoming) -> Response[bytes]:
    """The count of a request's tokens; `X-Promptly-Estimated` says that no provider has counted them."""
    service: CountTokens = state.count_tokens
    own = request_scope(request.scope)
    counting = service.run(endpoint, incoming, lambda verdict: rate_headers(own, verdict))
    counted = await cancel_on_disconnect(request, counting)
    if counted.estimated:
        own.headers["x-promptly-estimated"] = "1"
    for name in endpoint.id_headers:
        own.headers.setdefault(name, own.request_id)
    return Response(counted.body, media_type="application/json")
