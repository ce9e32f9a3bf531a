"""POST /v1/optimize, whose errors have a shape of their own, and GET /v1/credits."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import HTTPException

from libs.common.contracts.auth import PENCE_PER_MILLION
from libs.common.errors import PromptlyError
from libs.common.http_errors import retry_headers
from services.gateway.http.chat import api_key, incoming_of, rate_headers, unless_gone
from services.gateway.http.edge import ticket
from services.gateway.http.errors import SENTENCES, unexpected_error
from services.gateway.optimizing import Optimizing
from services.gateway.translate import optimizing


def _promptly_error(request: Request[Any, Any, Any], error: PromptlyError) -> Response[dict[str, Any]]:
    ticket(request.scope).headers.update(retry_headers(error))
    return Response(optimizing.error_body(error), status_code=error.status)


def _http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[dict[str, Any]]:
    sentence = SENTENCES.get(error.status_code, "The request cannot be read.")
    return Response(optimizing.body(sentence, error.status_code), status_code=error.status_code)


def _unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    told = unexpected_error(request, error)
    return Response(optimizing.body(told.content["detail"], 500), status_code=500)


@post(
    "/v1/optimize",
    status_code=200,
    exception_handlers={PromptlyError: _promptly_error, HTTPException: _http_error, Exception: _unexpected},
)
async def optimize(request: Request[Any, Any, Any], state: State) -> Response[bytes]:
    """Shorten one prompt."""
    service: Optimizing = state.optimizing
    own = ticket(request.scope)
    incoming = await incoming_of(request, state)
    body = await unless_gone(request, service.run(incoming, lambda verdict: rate_headers(own, verdict)))
    return Response(body, media_type="application/json")


@get("/v1/credits", status_code=200)
async def get_credits(request: Request[Any, Any, Any], state: State) -> dict[str, Any]:
    """What is left for it."""
    service: Optimizing = state.optimizing
    own = ticket(request.scope)
    left = await service.balance(api_key(request.scope), lambda verdict: rate_headers(own, verdict))
    return {"balance_tokens": left, "currency": "GBP", "price_per_million_tokens": PENCE_PER_MILLION / 100}
