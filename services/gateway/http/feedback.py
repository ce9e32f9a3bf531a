"""POST /v1/feedback."""

from typing import Any

from litestar import Request, post
from litestar.datastructures import State

from services.gateway.admission import Admission
from services.gateway.feedback import Feedback, FeedbackAnswer
from services.gateway.http.chat import api_key, body_of, rate_headers
from services.gateway.http.edge import ticket


@post("/v1/feedback", status_code=200)
async def give_feedback(request: Request[Any, Any, Any], state: State) -> FeedbackAnswer:
    """Say what an answer was worth."""
    admission: Admission = state.admission
    feedback: Feedback = state.feedback
    own = ticket(request.scope)
    async with admission.besides(
        api_key(request.scope), lambda verdict: rate_headers(own, verdict), "chat"
    ) as principal:
        return await feedback.give(principal, await body_of(request, state.body_timeout))
