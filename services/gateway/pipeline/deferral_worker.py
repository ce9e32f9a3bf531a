"""Puts requests that wait together into batches, and brings their answers back. Every gateway does this, each group of requests by one
of them at a time; what one that is gone has begun is gone on with by another.

What is to come is always written down before it is done: a batch holds its requests before they leave the queue, and says that it may be
at its provider before it is sent there.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec
import structlog

from libs.common.clock import Clock
from libs.common.errors import BadRequest, PromptlyError
from libs.common.ids import new_id
from services.gateway.domain.attempts import Failure
from services.gateway.domain.batches import Batch, BatchLimits, BatchResult, BatchState, Group
from services.gateway.domain.deferral import LAST_CALL
from services.gateway.domain.deferred import Queue, WaitingRequest
from services.gateway.pipeline.batch_exchange import BatchExchange
from services.gateway.pipeline.deferrals import group_of
from services.gateway.pipeline.deferred_answers import DeferredAnswers, Restored
from services.gateway.ports import DeferredStore

log = structlog.get_logger()
_GROUPS_AT_ONCE: Final = 8
_REQUESTS_AT_ONCE: Final = 16
_EXPIRED: Final = (
    "The provider did not come to this request within its batch's time, and has billed nothing. Send it again."
)
_LOST: Final = "The provider does not show the batch of this request any more: its answer cannot be had."


class DeferralWorker:
    """Does what there is to be done, round by round."""

    def __init__(
        self,
        store: DeferredStore,
        exchange: BatchExchange,
        answers: DeferredAnswers,
        clock: Clock,
        limits: BatchLimits,
    ) -> None:
        self._store = store
        self._exchange = exchange
        self._answers = answers
        self._clock = clock
        self._limits = limits

    async def round(self) -> None:
        """Look once at everything."""
        gate = asyncio.Semaphore(_GROUPS_AT_ONCE)

        async def work(queue: Queue) -> None:
            async with gate:
                await self._work(queue)

        await asyncio.gather(*(work(queue) for queue in await self._store.queues()))

    async def _work(self, seen: Queue) -> None:
        if not seen.batches and not self._is_due(seen.waiting):
            return
        try:
            async with self._store.lease(seen.org_id, seen.group) as ours:
                if ours:
                    for queue in await self._store.queues(seen.org_id, seen.group):
                        await self._serve(queue)
        except (PromptlyError, Failure) as error:  # the bus is away: what is written down is gone on with later
            log.warning("deferral_postponed", error_type=type(error).__name__)

    async def _serve(self, queue: Queue) -> None:
        batches, taken = [], set[str]()
        for name in queue.batches:
            if (batch := await self._store.batch(queue.org_id, queue.group, name)) is not None:
                batches.append(batch)
                taken.update(batch.ids)
        waiting = []
        for one in queue.waiting:
            if one.id in taken:  # left behind by whoever made the batch
                await self._store.leave_queue(queue.org_id, queue.group, one)
            else:
                waiting.append(one)
        while self._is_due(waiting):
            part = self._first(waiting)
            waiting = waiting[len(part) :]
            if (made := await self._made(queue, part)) is not None:
                batches.append(made)
        for batch in batches:
            await self._advance(batch)

    def _is_due(self, waiting: Sequence[WaitingRequest]) -> bool:
        if not waiting:
            return False
        full = len(waiting) >= self._limits.requests or sum(one.size for one in waiting) >= self._limits.bytes
        return full or self._now_ms() - waiting[0].time_ms >= self._limits.wait_seconds * 1000

    def _first(self, waiting: Sequence[WaitingRequest]) -> list[WaitingRequest]:
        """The oldest that fit into one batch, and one in any case."""
        found, size = list(waiting[:1]), waiting[0].size
        for one in waiting[1 : self._limits.requests]:
            size += one.size
            if size > self._limits.bytes:
                break
            found.append(one)
        return found

    async def _made(self, queue: Queue, part: Sequence[WaitingRequest]) -> Batch | None:
        """A batch of these requests, which have left the queue; None where none of them is there any more."""
        group: Group | None = None
        ids = []
        for one in part:
            restored = await self._answers.find(queue.org_id, one.id)
            if restored is None:
                continue
            try:
                group = group or self._group(restored)
                ids.append(one.id)
            except BadRequest:  # what we make of it has changed since it was accepted
                await self._answers.answer_now(restored)
        batch = None
        if group is not None:
            deadline = min(one.deadline_ms for one in part)
            batch = Batch(name=new_id("batch"), group=group, ids=tuple(ids), deadline_ms=deadline)
            await self._store.save_batch(batch)
        for one in part:
            await self._store.leave_queue(queue.org_id, queue.group, one)
        return batch

    def _group(self, restored: Restored) -> Group:
        call = self._answers.call(restored)
        _, encoded = call.encoded()
        return group_of(call, encoded.surface, encoded.headers, restored.request)

    async def _advance(self, batch: Batch) -> None:
        """Go on with a batch as far as it goes now."""
        urgent = self._now_ms() >= batch.deadline_ms - LAST_CALL * 1000
        if batch.state == "submitting":
            batch = await self._find_again(batch)
        if batch.state == "new":
            batch = msgspec.structs.replace(batch, state="refused") if urgent else await self._submit(batch)
        if batch.state == "submitted":
            await self._look(batch, urgent=urgent)
        elif batch.state == "refused":
            await self._answer_now(batch, None)

    async def _submit(self, batch: Batch) -> Batch:
        """The same, as far as it got."""
        form, lines, ids = self._exchange.format(batch.group), [], []
        for one in batch.ids:
            restored = await self._answers.find(batch.group.org_id, one)
            if restored is None or not await self._answers.begin(restored):
                continue
            try:
                _, encoded = self._answers.call(restored).encoded()
            except BadRequest:
                await self._answers.answer_now(restored)
                continue
            lines.append(form.line(one, batch.group.surface, encoded.body))
            ids.append(one)
        if not ids:
            await self._store.forget_batch(batch)
            return msgspec.structs.replace(batch, state="submitting", ids=())
        batch = msgspec.structs.replace(batch, ids=tuple(ids), state="submitting", since_ms=self._now_ms())
        try:
            await self._store.save_batch(batch)
            batch = msgspec.structs.replace(batch, uploaded=await self._exchange.upload(batch, lines))
            await self._store.save_batch(batch)
            state = await self._exchange.create(batch, lines)
        except Failure as failure:
            log.warning("batch_not_submitted", provider=batch.group.key.provider, code=_code(failure))
            return await self._not_submitted(batch, failure)
        return await self._saved(batch, state="submitted", batch_id=state.id)

    async def _not_submitted(self, batch: Batch, failure: Failure) -> Batch:
        status = failure.status or 0
        if failure.kind == "connect" or status == 429:  # nothing was made: the next round tries again
            await self._saved(batch, state="new")
        elif 400 <= status < 500 and status != 408:
            return await self._saved(batch, state="refused")
        return batch

    async def _find_again(self, batch: Batch) -> Batch:
        """A submission whose answer nobody heard: what it made, or the batch as if it was new."""
        if self._now_ms() < batch.since_ms + self._limits.lease_seconds * 1000:
            return batch
        try:
            found = await self._exchange.find(batch)
        except Failure:
            return batch
        if found is not None:
            return await self._saved(batch, state="submitted", batch_id=found.id)
        return await self._saved(batch, state="new", uploaded=None)

    async def _look(self, batch: Batch, *, urgent: bool) -> None:
        try:
            state = await self._exchange.look(batch)
            if state.status == "running":
                idle = await self._answers.are_cancelled(batch.group.org_id, batch.ids)
                if (urgent or idle) and not batch.cancelled:
                    await self._saved(batch, cancelled=True)
                    await self._exchange.cancel(batch)
                return
            if state.status == "refused":
                await self._answer_now(await self._saved(batch, state="refused"), state)
                return
            missing = await self._take(batch, state)
        except Failure as failure:
            if failure.status in (401, 403, 404) and self._now_ms() > batch.deadline_ms:
                await self._each(batch, batch.ids, lambda one: self._answers.fail(one, _LOST, "deferred_lost"))
                await self._store.forget_batch(batch)
            return
        if batch.cancelled:  # by us, so that there is time left for those that are missing
            await self._each(batch, missing, self._answers.answer_now)
        else:
            await self._each(batch, missing, lambda one: self._answers.fail(one, _EXPIRED, "deferred_expired"))
        await self._over(batch, state)

    async def _take(self, batch: Batch, state: BatchState) -> tuple[str, ...]:
        """Take what the provider answered; the ids of those that it did not."""
        missing, part = set(batch.ids), dict[str, BatchResult]()

        async def take() -> None:
            got = dict(part)
            part.clear()
            await self._each(batch, tuple(got), lambda one: self._answers.take(one, got[one.kept.id]))

        async for result in self._exchange.results(batch, state):
            if result.custom_id in missing and result.status:
                missing.discard(result.custom_id)
                part[result.custom_id] = result
                if len(part) >= _REQUESTS_AT_ONCE:
                    await take()
        await take()
        return tuple(one for one in batch.ids if one in missing)

    async def _answer_now(self, batch: Batch, state: BatchState | None) -> None:
        await self._each(batch, batch.ids, self._answers.answer_now)
        await self._over(batch, state)

    async def _over(self, batch: Batch, state: BatchState | None) -> None:
        await self._exchange.clean_up(batch, state)
        await self._store.forget_batch(batch)

    async def _each(self, batch: Batch, ids: Sequence[str], end: Callable[[Restored], Awaitable[None]]) -> None:
        """End those of these requests that have not ended yet, some at once."""
        gate = asyncio.Semaphore(_REQUESTS_AT_ONCE)

        async def one(request_id: str) -> None:
            async with gate:
                if (restored := await self._answers.find(batch.group.org_id, request_id)) is not None:
                    await end(restored)

        # All of them end, whatever happens to one: afterwards the group may be another gateway's.
        for failure in await asyncio.gather(*map(one, ids), return_exceptions=True):
            if failure is not None:
                raise failure

    async def _saved(self, batch: Batch, **changes: object) -> Batch:
        batch = msgspec.structs.replace(batch, **changes)
        await self._store.save_batch(batch)
        return batch

    def _now_ms(self) -> int:
        return int(self._clock.now().timestamp() * 1000)


def _code(failure: Failure) -> str:
    return failure.kind if failure.status is None else f"status_{failure.status}"
