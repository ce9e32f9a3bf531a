"""GET /v1/models and /v1/models/{id}: what this organisation's provider keys reach."""

from typing import Any

from litestar import Request, get
from litestar.datastructures import State
from litestar.params import FromPath

from libs.common.contracts.auth import Principal
from services.gateway.admission import Admission
from services.gateway.domain.models import listed, one
from services.gateway.http.chat import api_key
from services.gateway.http.edge import ticket


@get("/v1/models")
async def list_models(request: Request[Any, Any, Any], state: State) -> dict[str, Any]:
    """All models, in OpenAI's list format."""
    return {"object": "list", "data": listed(await _caller(request, state), state.catalog)}


@get("/v1/models/{model:path}")
async def get_model(request: Request[Any, Any, Any], state: State, model: FromPath[str]) -> dict[str, Any]:
    """One model."""
    return one(model.removeprefix("/"), await _caller(request, state), state.catalog)


async def _caller(request: Request[Any, Any, Any], state: State) -> Principal:
    admission: Admission = state.admission
    return await admission.anybody(api_key(ticket(request.scope).incoming))
