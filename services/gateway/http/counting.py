"""Counts of tokens, as HTTP answers."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from litestar.datastructures import State

from services.gateway.domain.request import Incoming
from services.gateway.endpoints.counting import CountingEndpoint
from services.gateway.http.middleware import request_scope
from services.gateway.http.request import V1Request, cancel_on_disconnect, rate_headers
from services.gateway.http.streaming import WholeAnswer
from services.gateway.pipeline.admission import RateLimitCallback
from services.gateway.pipeline.count_tokens import Counted, CountTokens


async def count(request: V1Request, state: State, endpoint: CountingEndpoint, incoming: Incoming) -> WholeAnswer:
    """The count of a request's tokens; `X-Promptly-Estimated` says that no provider has counted them."""
    service: CountTokens = state.count_tokens
    return await counted_by(
        request, lambda on_rate_limit: service.run(endpoint, incoming, on_rate_limit), endpoint.id_headers
    )


async def counted_by(
    request: V1Request, run: Callable[[RateLimitCallback], Coroutine[Any, Any, Counted]], id_headers: Sequence[str]
) -> WholeAnswer:
    """The count that `run` gives."""
    own = request_scope(request.scope)
    counted = await cancel_on_disconnect(request, run(lambda verdict: rate_headers(own, verdict)))
    if counted.estimated:
        own.headers["x-promptly-estimated"] = "1"
    for name in id_headers:
        own.headers.setdefault(name, own.request_id)
    return WholeAnswer(counted.body)
