"""A cache for one replay: what it holds is seen by nobody else, and is gone afterwards."""

from collections.abc import Callable

import msgspec
import structlog

from libs.common import context
from libs.common.bus.ports import Bus
from libs.common.contracts import cache as contract
from libs.common.contracts.cache import CacheHit, CacheOf, ExactLookup, SemanticLookup, StoreAnswer
from libs.common.errors import PromptlyError
from libs.common.ids import new_id

log = structlog.get_logger()
# Should nobody be there to clear it.
_SECONDS = 600
_BUDGET_MS = 1_000.0


class ScratchCache:
    """Implements `ports.AnswerCache` and `pipeline.replay.Scratch`. Repeats are found here; questions that mean the same by the cache
    service, under an organization of this replay's own. `now_ms` is when the request that is being tried came.
    """

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._org_id = new_id("org")
        self._kept: dict[str, tuple[CacheHit, int]] = {}
        self._until: dict[str, int] = {}
        self.now_ms = 0
        self.failed = False

    async def exact(self, lookup: ExactLookup) -> CacheHit | None:
        found = self._kept.get(lookup.fingerprint)
        return found[0] if found is not None and self.now_ms < found[1] else None

    async def semantic(self, lookup: SemanticLookup) -> CacheHit | None:
        if not self._kept:
            return None
        own = msgspec.structs.replace(lookup, org_id=self._org_id)
        try:
            found = await self._bus.call(contract.LOOKUP_SEMANTIC, own, budget_ms=_BUDGET_MS)
        except PromptlyError:
            self.failed = True
            return None
        if not isinstance(found, CacheHit) or self.now_ms >= self._until.get(found.request_id, 0):
            return None
        return found

    def store(self, answer: StoreAnswer, done: Callable[[], None] | None = None) -> None:
        raise NotImplementedError("a replay waits for what it keeps: see `keep`")

    async def keep(self, answer: StoreAnswer) -> None:
        """Keep an answer for as long as it would be kept, counted from `now_ms`."""
        until = self.now_ms + answer.ttl_seconds * 1000
        hit = CacheHit(
            kind="exact",
            entry_id=contract.cache_entry_id(self._org_id, answer.fingerprint),
            similarity=1.0,
            answer=answer.answer,
            served_model=answer.served_model,
            provider=answer.provider,
            prompt_tokens=answer.prompt_tokens,
            completion_tokens=answer.completion_tokens,
            request_id=answer.request_id,
            stored_at_ms=self.now_ms,
        )
        self._kept[answer.fingerprint] = (hit, until)
        self._until[answer.request_id] = until
        if answer.query is None:
            return
        own = msgspec.structs.replace(answer, org_id=self._org_id, ttl_seconds=_SECONDS)
        try:
            await self._bus.call(contract.STORE, own, budget_ms=_BUDGET_MS)
        except PromptlyError:
            self.failed = True

    async def clear(self) -> None:
        """Forget all of it."""
        self._kept.clear()
        try:
            with context.bound(request_id=context.request_id(), budget_ms=_BUDGET_MS):
                await self._bus.call(contract.CLEAR, CacheOf(org_id=self._org_id))
        except PromptlyError as error:
            log.warning("scratch_not_cleared", code=error.code)
