"""GET and DELETE /v1/deferred/{id}: requests that wait for a batch."""

import re
from typing import Any, Final

from litestar import Response, delete, get
from litestar.datastructures import State
from litestar.params import FromPath

from libs.common.errors import NotFound
from services.gateway.domain.deferred import DeferredAnswer
from services.gateway.endpoints.openai_chat import OPENAI_CHAT
from services.gateway.http.errors import handlers
from services.gateway.http.middleware import request_scope
from services.gateway.http.request import V1Request, api_key, rate_headers
from services.gateway.pipeline.deferrals import Deferrals

_ID: Final = re.compile(r"req_[0-9a-f]{32}")
_PATH: Final = "/v1/deferred/{request_id:str}"
_ERRORS: Final = handlers(OPENAI_CHAT.error)


@get(_PATH, exception_handlers=_ERRORS)
async def get_deferred(request: V1Request, state: State, request_id: FromPath[str]) -> Response[bytes]:
    """Give the answer to a request that waited, as its endpoint would have, or say how it stands."""
    deferrals: Deferrals = state.deferrals
    own = request_scope(request.scope)
    found = await deferrals.read(
        api_key(request.scope), _checked(request_id), lambda verdict: rate_headers(own, verdict)
    )
    return _answer(request, found)


@delete(_PATH, status_code=200, exception_handlers=_ERRORS)
async def cancel_deferred(request: V1Request, state: State, request_id: FromPath[str]) -> Response[bytes]:
    """Cancel a request that waits, or remove the answer of one that has waited."""
    deferrals: Deferrals = state.deferrals
    own = request_scope(request.scope)
    found = await deferrals.cancel(
        api_key(request.scope), _checked(request_id), lambda verdict: rate_headers(own, verdict)
    )
    return _answer(request, found)


DEFERRED: Final[tuple[Any, ...]] = (get_deferred, cancel_deferred)


def _checked(request_id: str) -> str:
    if _ID.fullmatch(request_id) is None:
        raise NotFound(f"No request that waits has the id '{request_id[:100]}'.", code="deferred_not_found")
    return request_id


def _answer(request: V1Request, found: DeferredAnswer) -> Response[bytes]:
    request_scope(request.scope).headers.update(found.headers)
    return Response(found.body, status_code=found.status, media_type=found.media_type)
