"""Levers: their settings, what they would do, and what the cache holds."""

import asyncio
from typing import Any, Final, get_args

import msgspec
from litestar import Controller, get, post, put
from msgspec import UNSET

from libs.common.bus import Bus
from libs.common.catalog import Catalog
from libs.common.clock import Clock
from libs.common.contracts import analytics, cache
from libs.common.contracts.auth import Level, OptimizationSettings
from libs.common.contracts.optimizer import OPTIMIZE, OptimizeRequest
from libs.common.errors import BadRequest, FieldError
from libs.common.tool_definitions import descriptions
from services.auth.audited import Audited
from services.auth.domain.permissions import Action
from services.auth.http.dependencies import Injected, Params, Payload
from services.auth.http.guard import ApiRequest
from services.auth.http.request import decode_body
from services.auth.optimization import schemas
from services.auth.optimization.cache_feedback import WrongAnswerRemoved, remove_wrong_answer
from services.auth.optimization.preview import InputPrices, preview
from services.auth.routing.domain.chat_request import ChatBody
from services.auth.routing.service import Configuration

# No client's request waits for a preview, so the optimizer gets more time for it.
_PREVIEW_MS: Final = 5000.0
_LEVEL: Final[dict[str, Any]] = {
    "name": "x-promptly-level",
    "in": "header",
    "description": "Another level than the organization's.",
    "schema": {"type": "string", "enum": list(get_args(Level))},
}
_one_by_one = asyncio.Semaphore(1)


class OptimizationController(Controller):
    """/api/optimization"""

    path = "/optimization"

    @get("/settings", needs=Action.READ)
    async def settings(self, request: ApiRequest, configuration: Injected[Configuration]) -> OptimizationSettings:
        """The levers."""
        return await configuration.settings(request.user)

    @put("/settings", needs=Action.MANAGE_SETTINGS)
    async def change_settings(
        self, request: ApiRequest, payload: Payload[schemas.SettingsChange], configuration: Injected[Configuration]
    ) -> OptimizationSettings:
        """Change levers."""
        return await configuration.change_settings(request.user, _named(payload))

    @get("/cache/stats", needs=Action.READ)
    async def cache_stats(self, request: ApiRequest, bus: Injected[Bus]) -> cache.CacheStats:
        """How many answers are cached."""
        return await bus.call(cache.STATS, cache.CacheOf(org_id=request.user.org_id))

    @post("/cache/clear", needs=Action.MANAGE_SETTINGS, status_code=200)
    async def clear_cache(self, request: ApiRequest, bus: Injected[Bus], audited: Injected[Audited]) -> cache.Cleared:
        """Clear the cache."""
        async with audited.change(request.user, "cache_cleared"):
            return await bus.call(cache.CLEAR, cache.CacheOf(org_id=request.user.org_id))

    @post("/preview", needs=Action.READ, status_code=200, headers=(_LEVEL,))
    async def preview(
        self,
        request: ApiRequest,
        payload: Payload[ChatBody],
        configuration: Injected[Configuration],
        bus: Injected[Bus],
        catalog: Injected[Catalog],
        clock: Injected[Clock],
    ) -> schemas.Preview:
        """Say what each lever would do to a chat request; no provider is called.

        `x-promptly-level` tries another level than the organization's, as it does for a real request.
        """
        written = await decode_body(request, schemas.Messages)
        settings = await configuration.settings(request.user)
        level = _level(request.headers.get("x-promptly-level"), settings.level)
        settings = msgspec.structs.replace(settings, level=level)
        wanted = OptimizeRequest(model=payload.model, messages=written.messages, settings=settings, explain=True)
        declared = [*(payload.tools or ()), *(payload.functions or ())]
        told = tuple(dict.fromkeys(descriptions(msgspec.Raw(msgspec.json.encode(declared)))))
        wanted = msgspec.structs.replace(wanted, tools=bool(declared), definitions=told)
        reply = await bus.call(OPTIMIZE, wanted, budget_ms=_PREVIEW_MS)
        prices = InputPrices(catalog.find(payload.model), clock.now().date())
        # Comparing long texts word by word takes a while, in which others want to be served.
        async with _one_by_one:
            return await asyncio.to_thread(preview, wanted, reply, prices)

    @get("/cache/hits", needs=Action.READ)
    async def cache_hits(
        self, request: ApiRequest, params: Params[schemas.HitsQuery], bus: Injected[Bus]
    ) -> schemas.Hits:
        """Questions that were answered with the answer to another one, newest first."""
        wanted = analytics.RequestQuery(
            org_id=request.user.org_id,
            semantic=True,
            limit=params.limit,
            cursor=params.cursor,
            cache_entry_id=params.entry_id,
        )
        return schemas.Hits.of(await bus.call(analytics.REQUESTS, wanted))

    @post("/cache/feedback", needs=Action.JUDGE_CACHE, status_code=200, fails=(404,))
    async def cache_feedback(
        self,
        request: ApiRequest,
        payload: Payload[schemas.CacheFeedback],
        bus: Injected[Bus],
        audited: Injected[Audited],
    ) -> WrongAnswerRemoved:
        """Take a wrong answer out of the cache, and never again give it to the questions that got it."""
        if not payload.wrong:
            raise BadRequest(
                "wrong must be true: only wrong answers are reported.",
                errors=(FieldError("wrong", "must be true"),),
            )
        entry = str(payload.entry_id)
        async with audited.change(request.user, "cached_answer_removed", before={"entry_id": entry}):
            return await remove_wrong_answer(bus, request.user.org_id, entry)


def _level(wanted: str | None, own: Level) -> Level:
    for level in get_args(Level):
        if level == wanted:
            return level  # type: ignore[no-any-return]  # one of the literals
    if wanted is not None:
        raise BadRequest(f"x-promptly-level must be one of {', '.join(get_args(Level))}.", code="bad_header")
    return own


def _named(change: msgspec.Struct) -> dict[str, Any]:
    return {name: value for name, value in msgspec.structs.asdict(change).items() if value is not UNSET}
