"""Gemini's API: `:generateContent`, `:streamGenerateContent` and `:countTokens` of a model, and the list of models."""

from urllib.parse import parse_qs

from litestar import post
from litestar.datastructures import State
from litestar.params import FromPath
from litestar.types import ASGIApp

from libs.common.errors import NotFound
from services.gateway.endpoints.google_count import GoogleCount
from services.gateway.endpoints.google_generate import GOOGLE_GENERATE, GoogleGenerate
from services.gateway.http.counting import count
from services.gateway.http.errors import handlers
from services.gateway.http.request import V1Request, incoming_of
from services.gateway.http.respond import respond
from services.gateway.pipeline.pipeline import Pipeline


@post(list(GOOGLE_GENERATE.routes), status_code=200, exception_handlers=handlers(GOOGLE_GENERATE.error))
async def call_model(request: V1Request, state: State, model: FromPath[str]) -> ASGIApp:
    """What the end of the address says."""
    name, _, method = model.strip("/").rpartition(":")
    incoming = await incoming_of(request, state)
    if method == "countTokens" and name:
        return await count(request, state, GoogleCount(name), incoming)
    if method not in ("generateContent", "streamGenerateContent") or not name:
        raise NotFound("There is nothing at this address.")
    stream = method == "streamGenerateContent"
    query = parse_qs(incoming.query)
    listed = stream and "sse" not in (*query.get("alt", ()), *query.get("$alt", ()))
    endpoint = GoogleGenerate(name, stream=stream, listed=listed)
    pipeline: Pipeline = state.pipeline
    return await respond(
        request, state, lambda on_rate_limit: pipeline.run(endpoint, incoming, on_rate_limit), endpoint.id_headers
    )
