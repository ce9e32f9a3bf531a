"""Levers: what they are set to, what they would do, and what the cache holds."""

import asyncio
from typing import Annotated, Any, Final, get_args
from uuid import UUID

import msgspec
from litestar import Controller, get, post, put
from msgspec import UNSET, Meta, UnsetType

from libs.common.bus import Bus
from libs.common.catalog import Catalog
from libs.common.clock import Clock
from libs.common.contracts import analytics, cache
from libs.common.contracts.auth import Level, RoutingMode
from libs.common.contracts.optimizer import OPTIMIZE, OptimizeRequest
from libs.common.errors import BadRequest, FieldError
from services.auth.configuration import Configuration
from services.auth.domain.permissions import Action
from services.auth.domain.preview import ChatBody
from services.auth.http.body import OptionalText, query, read
from services.auth.http.given import Given
from services.auth.http.guard import ApiRequest
from services.auth.taking_back import take_back
from services.auth.translate.optimization_json import InputPrices, hit_json, preview_json

Share = Annotated[float, Meta(ge=0, le=1)]
# Nobody's request waits for a preview, so the optimizer has more time for it.
_PREVIEW_MS: Final = 5000.0
_one_by_one = asyncio.Semaphore(1)


class SettingsChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The levers to change; the others stay."""

    level: Level | UnsetType = UNSET
    whitespace_removal: bool | UnsetType = UNSET
    redundancy_elimination: bool | UnsetType = UNSET
    system_prompt_compression: bool | UnsetType = UNSET
    context_pruning: bool | UnsetType = UNSET
    cache_enabled: bool | UnsetType = UNSET
    cache_similarity_threshold: Share | UnsetType = UNSET
    cache_ttl_seconds: Annotated[int, Meta(ge=1, le=31_536_000)] | UnsetType = UNSET
    routing_mode: RoutingMode | UnsetType = UNSET
    values_line: bool | UnsetType = UNSET
    extraction: bool | UnsetType = UNSET
    cost_quality: Share | UnsetType | None = UNSET
    substitute_unreachable: bool | UnsetType = UNSET
    rules_in_manual: bool | UnsetType = UNSET
    older_generations: bool | UnsetType = UNSET


class Messages(msgspec.Struct, frozen=True, kw_only=True):
    """The messages of a chat request as they are written."""

    messages: msgspec.Raw


class HitsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A page of semantic hits, perhaps of one entry."""

    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: OptionalText | None = None
    entry_id: OptionalText | None = None


class CacheFeedback(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry of the cache whose answer was wrong for who got it."""

    entry_id: UUID
    wrong: bool


class OptimizationController(Controller):
    """/api/optimization"""

    path = "/optimization"

    @get("/settings", needs=Action.READ)
    async def settings(self, request: ApiRequest, configuration: Given[Configuration]) -> Any:
        """The levers."""
        return msgspec.to_builtins(await configuration.settings(request.user))

    @put("/settings", needs=Action.MANAGE_SETTINGS)
    async def change_settings(self, request: ApiRequest, configuration: Given[Configuration]) -> Any:
        """Change levers."""
        fields = _given(await read(request, SettingsChange))
        return msgspec.to_builtins(await configuration.change_settings(request.user, fields))

    @get("/cache/stats", needs=Action.READ)
    async def cache_stats(self, request: ApiRequest, bus: Given[Bus]) -> Any:
        """How many answers are cached."""
        return msgspec.to_builtins(await bus.call(cache.STATS, cache.CacheOf(org_id=request.user.org_id)))

    @post("/cache/clear", needs=Action.MANAGE_SETTINGS, status_code=200)
    async def clear_cache(self, request: ApiRequest, bus: Given[Bus]) -> Any:
        """Forget all cached answers."""
        return msgspec.to_builtins(await bus.call(cache.CLEAR, cache.CacheOf(org_id=request.user.org_id)))

    @post("/preview", needs=Action.READ, status_code=200)
    async def preview(
        self,
        request: ApiRequest,
        configuration: Given[Configuration],
        bus: Given[Bus],
        catalog: Given[Catalog],
        clock: Given[Clock],
    ) -> dict[str, Any]:
        """Say what each lever would do to a chat request; no provider is called.

        `x-promptly-level` tries another level than the organisation's, as it does for a real request.
        """
        body, written = await read(request, ChatBody), await read(request, Messages)
        settings = await configuration.settings(request.user)
        level = _level(request.headers.get("x-promptly-level"), settings.level)
        settings = msgspec.structs.replace(settings, level=level)
        asked = OptimizeRequest(model=body.model, messages=written.messages, settings=settings, explain=True)
        asked = msgspec.structs.replace(asked, tools=bool(body.tools or body.functions))
        reply = await bus.call(OPTIMIZE, asked, budget_ms=_PREVIEW_MS)
        prices = InputPrices(catalog.find(body.model), clock.now().date())
        # Comparing long texts word by word takes a while, in which others want to be served.
        async with _one_by_one:
            return await asyncio.to_thread(preview_json, asked, reply, prices)

    @get("/cache/hits", needs=Action.READ)
    async def cache_hits(self, request: ApiRequest, bus: Given[Bus]) -> dict[str, Any]:
        """Questions that were answered with the answer to another one, newest first."""
        asked = query(request, HitsQuery)
        wanted = analytics.RequestQuery(
            org_id=request.user.org_id,
            semantic=True,
            limit=asked.limit,
            cursor=asked.cursor,
            cache_entry_id=asked.entry_id,
        )
        page = await bus.call(analytics.REQUESTS, wanted)
        return {"hits": [hit_json(entry) for entry in page.requests], "next_cursor": page.next_cursor}

    @post("/cache/feedback", needs=Action.JUDGE_CACHE, status_code=200)
    async def cache_feedback(self, request: ApiRequest, bus: Given[Bus]) -> dict[str, Any]:
        """Take a wrong answer out of the cache, and never again give it to the questions that got it."""
        said = await read(request, CacheFeedback)
        if not said.wrong:
            raise BadRequest(
                "wrong must be true: only wrong answers are reported.",
                errors=(FieldError("wrong", "must be true"),),
            )
        taken: dict[str, Any] = msgspec.to_builtins(await take_back(bus, request.user.org_id, str(said.entry_id)))
        return taken


def _level(wanted: str | None, own: Level) -> Level:
    for level in get_args(Level):
        if level == wanted:
            return level  # type: ignore[no-any-return]  # one of the literals
    if wanted is not None:
        raise BadRequest(f"x-promptly-level must be one of {', '.join(get_args(Level))}.", code="bad_header")
    return own


def _given(change: msgspec.Struct) -> dict[str, Any]:
    return {name: value for name, value in msgspec.structs.asdict(change).items() if value is not UNSET}
