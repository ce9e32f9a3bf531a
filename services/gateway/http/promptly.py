"""Promptly's own endpoints: POST /v1/optimize, GET /v1/credits and POST /v1/feedback."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import State

from libs.common.contracts.auth import PENCE_PER_MILLION
from services.gateway.endpoints.optimize import OPTIMIZE
from services.gateway.http.errors import handlers
from services.gateway.http.middleware import request_scope
from services.gateway.http.request import api_key, body_of, cancel_on_disconnect, incoming_of, rate_headers
from services.gateway.pipeline.admission import Admission
from services.gateway.pipeline.feedback import Feedback, FeedbackAnswer
from services.gateway.pipeline.optimize import OptimizeApi
from services.gateway.translate import optimizing


@post(list(OPTIMIZE.routes), status_code=200, exception_handlers=handlers(OPTIMIZE.error))
async def optimize(request: Request[Any, Any, Any], state: State) -> Response[bytes]:
    """Shorten one prompt."""
    service: OptimizeApi = state.optimize_api
    own = request_scope(request.scope)
    incoming = await incoming_of(request, state)
    body = await cancel_on_disconnect(request, service.run(incoming, lambda verdict: rate_headers(own, verdict)))
    return Response(body, media_type="application/json")


@get("/v1/credits", status_code=200)
async def get_credits(request: Request[Any, Any, Any], state: State) -> optimizing.Credits:
    """What is left for it."""
    service: OptimizeApi = state.optimize_api
    own = request_scope(request.scope)
    left = await service.balance(api_key(request.scope), lambda verdict: rate_headers(own, verdict))
    return optimizing.Credits(balance_tokens=left, price_per_million_tokens=PENCE_PER_MILLION / 100)


@post("/v1/feedback", status_code=200)
async def give_feedback(request: Request[Any, Any, Any], state: State) -> FeedbackAnswer:
    """Rate an answer."""
    admission: Admission = state.admission
    feedback: Feedback = state.feedback
    own = request_scope(request.scope)
    async with admission.without_model(
        api_key(request.scope), lambda verdict: rate_headers(own, verdict), "chat"
    ) as principal:
        return await feedback.give(principal, await body_of(request, state.body_timeout))
