"""POST /v1/feedback."""

from typing import Any

from litestar import Request, post
from litestar.datastructures import State

from services.gateway.http.middleware import ticket
from services.gateway.http.openai import api_key, body_of, rate_headers
from services.gateway.pipeline.admission import Admission
from services.gateway.pipeline.feedback import Feedback


@post("/v1/feedback", status_code=200)
async def give_feedback(request: Request[Any, Any, Any], state: State) -> dict[str, Any]:
    """Say what an answer was worth."""
    admission: Admission = state.admission
    feedback: Feedback = state.feedback
    own = ticket(request.scope)
    async with admission.besides(
        api_key(request.scope), lambda verdict: rate_headers(own, verdict), "chat"
    ) as principal:
        return await feedback.give(principal, await body_of(request, state.body_timeout))
