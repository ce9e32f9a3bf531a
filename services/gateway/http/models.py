"""GET /v1/models and /v1/models/{id}: what this organisation's provider keys reach."""

from contextlib import AbstractAsyncContextManager
from typing import Any

from litestar import Request, get
from litestar.datastructures import State
from litestar.params import FromPath

from libs.common.contracts.auth import Principal
from services.gateway.domain.models import listed, one
from services.gateway.http.middleware import ticket
from services.gateway.http.openai import api_key, rate_headers
from services.gateway.pipeline.admission import Admission


@get("/v1/models")
async def list_models(request: Request[Any, Any, Any], state: State) -> dict[str, Any]:
    """All models, in OpenAI's list format."""
    async with _caller(request, state) as principal:
        return {"object": "list", "data": listed(principal, state.catalog)}


@get("/v1/models/{model:path}")
async def get_model(request: Request[Any, Any, Any], state: State, model: FromPath[str]) -> dict[str, Any]:
    """One model."""
    async with _caller(request, state) as principal:
        return one(model.removeprefix("/"), principal, state.catalog)


def _caller(request: Request[Any, Any, Any], state: State) -> AbstractAsyncContextManager[Principal]:
    admission: Admission = state.admission
    own = ticket(request.scope)
    return admission.besides(api_key(request.scope), lambda verdict: rate_headers(own, verdict))
