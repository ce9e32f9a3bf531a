"""The routes of the Responses API."""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from litestar import delete, get, post
from litestar.datastructures import State
from litestar.params import FromPath
from litestar.types import ASGIApp

from libs.common.errors import NotFound, PromptlyError
from services.gateway.endpoints.openai_count import OpenAICount
from services.gateway.endpoints.openai_responses import OPENAI_RESPONSES, CompactResponses
from services.gateway.http.counting import counted_by
from services.gateway.http.direct import DIRECT
from services.gateway.http.errors import REFUSES, handlers
from services.gateway.http.middleware import request_scope
from services.gateway.http.request import V1Request, api_key, incoming_of, query_of, rate_headers
from services.gateway.http.respond import respond
from services.gateway.http.streaming import WholeAnswer
from services.gateway.pipeline.admission import RateLimitCallback
from services.gateway.pipeline.responses import Relayed, ResponsesApi

_PATH = "/v1/responses"
_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
_ERRORS: Final = handlers(OPENAI_RESPONSES.error)


class UpgradeRequired(PromptlyError):
    """A connection that this gateway does not keep open: its clients go on over HTTP."""

    status = 426
    code = "upgrade_required"


@post(list(OPENAI_RESPONSES.routes), status_code=200, exception_handlers=_ERRORS, opt={DIRECT: True})
async def create_response(request: V1Request, state: State) -> ASGIApp:
    """Answer a request, plain or streamed."""
    responses: ResponsesApi = state.responses_api
    incoming = await incoming_of(request, state)
    return await respond(
        request,
        state,
        lambda on_rate_limit: responses.create(incoming, on_rate_limit),
        OPENAI_RESPONSES.id_headers,
    )


@post(list(CompactResponses.routes), status_code=200, exception_handlers=_ERRORS)
async def compact_response(request: V1Request, state: State) -> ASGIApp:
    """Have OpenAI compact a conversation."""
    responses: ResponsesApi = state.responses_api
    incoming = await incoming_of(request, state)
    return await respond(
        request,
        state,
        lambda on_rate_limit: responses.create(incoming, on_rate_limit, CompactResponses),
        OPENAI_RESPONSES.id_headers,
    )


@post(list(OpenAICount.routes), status_code=200, exception_handlers=_ERRORS)
async def count_input_tokens(request: V1Request, state: State) -> WholeAnswer:
    """Count the tokens of a request for a response."""
    responses: ResponsesApi = state.responses_api
    incoming = await incoming_of(request, state)
    return await counted_by(
        request, lambda on_rate_limit: responses.count(incoming, on_rate_limit), OPENAI_RESPONSES.id_headers
    )


@get(_PATH, exception_handlers=_ERRORS, opt={REFUSES: True})
async def connect(request: V1Request) -> None:
    """Refuse a WebSocket, so that the client goes on over HTTP at once."""
    own = request_scope(request.scope)
    if own.incoming.get("upgrade", "").lower() != "websocket":
        error = PromptlyError("This address does not take that method.", code="method_not_allowed")
        error.status = 405
        own.headers["allow"] = "POST"
        raise error
    own.headers["connection"] = "close"
    raise UpgradeRequired("This gateway takes no WebSocket: send POST /v1/responses.")


@get(_PATH + "/{response_id:str}", exception_handlers=_ERRORS)
async def get_response(request: V1Request, state: State, response_id: FromPath[str]) -> WholeAnswer:
    """Give a stored response."""
    responses: ResponsesApi = state.responses_api
    query, names = _query(request)
    found = await responses.read(_key(request), _checked(response_id), query, names, _noting(request))
    return _answer(request, found)


@delete(_PATH + "/{response_id:str}", status_code=200, exception_handlers=_ERRORS)
async def delete_response(request: V1Request, state: State, response_id: FromPath[str]) -> WholeAnswer:
    """Remove a stored response."""
    responses: ResponsesApi = state.responses_api
    return _answer(request, await responses.delete(_key(request), _checked(response_id), _noting(request)))


@post(_PATH + "/{response_id:str}/cancel", status_code=200, exception_handlers=_ERRORS)
async def cancel_response(request: V1Request, state: State, response_id: FromPath[str]) -> WholeAnswer:
    """Cancel a response that is made in the background."""
    responses: ResponsesApi = state.responses_api
    return _answer(request, await responses.cancel(_key(request), _checked(response_id), _noting(request)))


@get(_PATH + "/{response_id:str}/input_items", exception_handlers=_ERRORS)
async def list_input_items(request: V1Request, state: State, response_id: FromPath[str]) -> WholeAnswer:
    """List what a stored response was made from."""
    responses: ResponsesApi = state.responses_api
    query, names = _query(request)
    found = await responses.input_items(_key(request), _checked(response_id), query, names, _noting(request))
    return _answer(request, found)


RESPONSES: Final[tuple[Any, ...]] = (
    create_response,
    compact_response,
    count_input_tokens,
    connect,
    get_response,
    delete_response,
    cancel_response,
    list_input_items,
)


def _key(request: V1Request) -> str | None:
    return api_key(request.scope)


def _checked(response_id: FromPath[str]) -> str:
    """An id as it can stand in a provider's address."""
    if _ID.fullmatch(response_id) is None:
        raise NotFound(f"Response with id '{response_id[:100]}' not found.", code="response_not_found")
    return response_id


def _query(request: V1Request) -> tuple[str, Mapping[str, str]]:
    query = query_of(request.scope)
    return query, dict(parse_qsl(query))


def _noting(request: V1Request) -> RateLimitCallback:
    own = request_scope(request.scope)
    return lambda verdict: rate_headers(own, verdict)


def _answer(request: V1Request, found: Relayed) -> WholeAnswer:
    own = request_scope(request.scope)
    own.headers.update(found.headers)
    own.headers.setdefault("x-request-id", own.request_id)
    return WholeAnswer(found.body, found.status, found.media_type)
