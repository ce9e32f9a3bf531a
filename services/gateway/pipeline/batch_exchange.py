"""Batches at their provider: submitted, found again, looked at, and read line by line."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from typing import Final

from services.gateway.domain.attempts import Failure, ProviderError
from services.gateway.domain.batches import Batch, BatchCall, BatchFormat, BatchResult, BatchState, Group
from services.gateway.ports import Forwarded, Forwarding
from services.gateway.providers.base import OutgoingRequest
from services.gateway.providers.registry import Registry

_MOST: Final = 16 << 20  # bytes of an answer about batches
_MOST_LINE: Final = 64 << 20
_CLOCKS_DIFFER_MS: Final = 60_000
_MOST_PAGES: Final = 50


class BatchExchange:
    """All methods raise `Failure`. A call that is not answered within `seconds` is given up."""

    def __init__(self, forwarding: Forwarding, registry: Registry, seconds: float = 60.0) -> None:
        self._forwarding = forwarding
        self._registry = registry
        self._seconds = seconds

    def format(self, group: Group) -> BatchFormat:
        """The format of a group's provider."""
        found = self._registry[group.key.provider].batches
        assert found is not None, "only what a provider batches is put into a group"
        return found

    async def upload(self, batch: Batch, lines: Sequence[bytes]) -> str | None:
        """The id under which the requests were uploaded; None where they stand in the batch itself."""
        form = self.format(batch.group)
        call = form.upload(lines, batch.name)
        return None if call is None else form.made(await self._answer(batch.group, call))

    async def create(self, batch: Batch, lines: Sequence[bytes]) -> BatchState:
        """The batch as its provider shows it once it is made."""
        group, form = batch.group, self.format(batch.group)
        call = form.create(group.surface, lines, batch.uploaded, batch.name, group.headers)
        return form.state(await self._answer(group, call))

    async def look(self, batch: Batch) -> BatchState:
        """A batch that was made."""
        assert batch.batch_id is not None, "what was submitted has an id"
        form = self.format(batch.group)
        return form.state(await self._answer(batch.group, form.look(batch.batch_id)))

    async def cancel(self, batch: Batch) -> None:
        """Ask that a batch ends early."""
        assert batch.batch_id is not None, "what was submitted has an id"
        await self._answer(batch.group, self.format(batch.group).cancel(batch.batch_id))

    async def find(self, batch: Batch) -> BatchState | None:
        """The batch that a submission made which nobody heard the answer to; None: it made none. `Failure` "timeout" where that cannot
        be told yet.
        """
        states = await self._since(batch)
        if self.format(batch.group).names:
            return next((state for state in states if state.name == batch.name), None)
        # Without a name of ours it is known by the ids in its results.
        for state in (one for one in states if one.size in (None, len(batch.ids))):
            if state.status == "running":
                raise Failure("timeout", "Whose batch this is shows when it is over.")
            async with aclosing(self.results(batch, state)) as results:
                first = await anext(results, None)
            if first is not None and first.custom_id in batch.ids:
                return state
        return None

    async def _since(self, batch: Batch) -> list[BatchState]:
        """The provider's batches since this one's submission was begun."""
        form, since = self.format(batch.group), batch.since_ms - _CLOCKS_DIFFER_MS
        found: list[BatchState] = []
        for _ in range(_MOST_PAGES):
            after = found[-1].id if found else None
            page = form.states(await self._answer(batch.group, form.recent(after)))
            found += page
            if not page or page[-1].made_ms < since:
                return [state for state in found if state.made_ms >= since]
        raise Failure("malformed", "The provider lists more batches than can be looked through.")

    async def results(self, batch: Batch, state: BatchState) -> AsyncGenerator[BatchResult, None]:
        """What became of the requests, as the provider has it: in any order, and some may be missing."""
        form = self.format(batch.group)
        for path in state.results:
            answer = await self._send(batch.group, BatchCall(method="GET", path=path))
            async with aclosing(answer.pieces) as pieces:
                async for line in _lines(pieces):
                    found = form.result(line)
                    if found is not None:
                        yield found

    async def clean_up(self, batch: Batch, state: BatchState | None) -> None:
        """Remove what the batch has left at the provider. What cannot be removed stays."""
        for call in self.format(batch.group).leftovers(batch.uploaded, state):
            try:
                await self._answer(batch.group, call)
            except Failure:
                continue

    async def _answer(self, group: Group, call: BatchCall) -> bytes:
        answer = await self._send(group, call)
        return await self._whole(answer)

    async def _send(self, group: Group, call: BatchCall) -> Forwarded:
        """An answer that is no error."""
        request = OutgoingRequest(method=call.method, url=call.path, headers=call.headers, body=call.body)
        try:
            async with asyncio.timeout(self._seconds):
                answer = await self._forwarding.forward(group.key, group.org_id, request, None)
        except TimeoutError:
            raise Failure("timeout", "No answer in time.") from None
        if answer.status < 400:
            return answer
        body = await self._whole(answer)
        failure = self._registry[group.key.provider].error(answer.status, answer.headers, body)
        raise failure.came_as(ProviderError(status=answer.status, headers=answer.headers, body=body))

    async def _whole(self, answer: Forwarded) -> bytes:
        parts, size = [], 0
        async with aclosing(answer.pieces) as pieces:
            async for piece in pieces:
                parts.append(piece)
                size += len(piece)
                if size > _MOST:
                    raise Failure("malformed", "The answer about a batch is too large.")
        return b"".join(parts)


async def _lines(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    rest: list[bytes] = []
    size = 0
    async for piece in pieces:
        *whole, last = piece.split(b"\n")
        for line in whole:
            rest.append(line)
            yield b"".join(rest)
            rest, size = [], 0
        rest.append(last)
        size += len(last)
        if size > _MOST_LINE:
            raise Failure("malformed", "A line of the results is too large.")
    if size:
        yield b"".join(rest)
