"""GET /v1/models and /v1/models/{id}: what this organization's provider keys reach."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from litestar import Request, get
from litestar.datastructures import State
from litestar.params import FromPath

from libs.common.contracts.auth import Principal
from services.gateway.domain.models import Model, ModelList, listed, one
from services.gateway.domain.targets import restricted
from services.gateway.http.middleware import request_scope
from services.gateway.http.request import api_key, rate_headers
from services.gateway.pipeline.admission import Admission
from services.gateway.providers.registry import Registry


@get("/v1/models")
async def list_models(request: Request[Any, Any, Any], state: State) -> ModelList:
    """All models, in OpenAI's list format."""
    async with _admitted(request, state) as principal:
        return listed(principal, state.catalog)


@get("/v1/models/{model:path}")
async def get_model(request: Request[Any, Any, Any], state: State, model: FromPath[str]) -> Model:
    """One model."""
    async with _admitted(request, state) as principal:
        return one(model.removeprefix("/"), principal, state.catalog)


@asynccontextmanager
async def _admitted(request: Request[Any, Any, Any], state: State) -> AsyncIterator[Principal]:
    """The key's principal, with the provider keys that serve the endpoints whose models are listed."""
    admission: Admission = state.admission
    registry: Registry = state.registry
    own = request_scope(request.scope)
    async with admission.without_model(api_key(request.scope), lambda verdict: rate_headers(own, verdict)) as principal:
        yield restricted(principal, registry.answering("chat"))
