"""The models that an organization's provider keys reach, in the format of the client that lists them."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs

from litestar import Request, get
from litestar.datastructures import State
from litestar.params import FromPath

from libs.common.contracts.auth import Principal
from libs.common.errors import BadRequest
from services.gateway.domain.models import (
    AnthropicModel,
    AnthropicPage,
    GoogleList,
    GoogleModel,
    Model,
    ModelList,
    anthropic_one,
    anthropic_page,
    google_list,
    google_one,
    listed,
    one,
)
from services.gateway.domain.targets import restricted
from services.gateway.endpoints.google_generate import GOOGLE_GENERATE
from services.gateway.http.errors import Handlers, handlers
from services.gateway.http.middleware import request_scope
from services.gateway.http.request import api_key, rate_headers
from services.gateway.pipeline.admission import Admission
from services.gateway.providers.registry import Registry

AnyRequest = Request[Any, Any, Any]


@get("/v1/models")
async def list_models(request: AnyRequest, state: State) -> ModelList | AnthropicPage | GoogleList:
    """All models: in OpenAI's list format with Anthropic's fields, or a page of Anthropic's or Google's for their clients."""
    async with _admitted(request, state) as principal:
        query = _query(request)
        if _is_google(request):
            return _google_page(query, principal, state)
        if not _is_anthropic(request):
            return listed(principal, state.catalog, with_models="client_version" in query)
        limit, after, before = _number(query, "limit", 20), query.get("after_id"), query.get("before_id")
        return anthropic_page(principal, state.catalog, limit=limit, after=after, before=before)


@get("/v1/models/{model:path}")
async def get_model(request: AnyRequest, state: State, model: FromPath[str]) -> Model | AnthropicModel | GoogleModel:
    """One model."""
    async with _admitted(request, state) as principal:
        name = model.removeprefix("/")
        if _is_google(request):
            return google_one(name, principal, state.catalog)
        if _is_anthropic(request):
            return anthropic_one(name, principal, state.catalog)
        return one(name, principal, state.catalog)


_GOOGLE: Handlers = handlers(GOOGLE_GENERATE.error)


@get(["/v1beta/models", "/models"], exception_handlers=_GOOGLE)
async def list_google_models(request: AnyRequest, state: State) -> GoogleList:
    """A page of all models, in Gemini's list format."""
    async with _admitted(request, state) as principal:
        return _google_page(_query(request), principal, state)


@get(["/v1beta/models/{model:path}", "/models/{model:path}"], exception_handlers=_GOOGLE)
async def get_google_model(request: AnyRequest, state: State, model: FromPath[str]) -> GoogleModel:
    """One model, in Gemini's format."""
    async with _admitted(request, state) as principal:
        return google_one(model.removeprefix("/"), principal, state.catalog)


def _is_anthropic(request: AnyRequest) -> bool:
    return "anthropic-version" in request_scope(request.scope).incoming


def _is_google(request: AnyRequest) -> bool:
    return "x-goog-api-key" in request_scope(request.scope).incoming or "key" in _query(request)


def _google_page(query: Mapping[str, str], principal: Principal, state: State) -> GoogleList:
    size, token = _number(query, "pageSize", 50), query.get("pageToken")
    return google_list(principal, state.catalog, size=size, token=token)


def _query(request: AnyRequest) -> dict[str, str]:
    found = parse_qs(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return {name: values[-1] for name, values in found.items()}


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise BadRequest(f"`{name}` must be a number.", param=name)
    return int(text)


@asynccontextmanager
async def _admitted(request: AnyRequest, state: State) -> AsyncIterator[Principal]:
    """The key's principal, with the provider keys that serve the endpoints whose models are listed."""
    admission: Admission = state.admission
    registry: Registry = state.registry
    own = request_scope(request.scope)
    async with admission.without_model(api_key(request.scope), lambda verdict: rate_headers(own, verdict)) as principal:
        yield restricted(principal, registry.answering("chat"))
