"""Keeps a response before the client learns that it is whole, so that a follow-up finds it, whichever gateway it reaches."""

from typing import Protocol, runtime_checkable

import msgspec

from services.gateway.domain.request import Request
from services.gateway.domain.stored_response import Entry, StoredResponse
from services.gateway.endpoints.base import AnswerStream, CompleteAnswer
from services.gateway.endpoints.openai_responses import OpenAIResponses, ResponsesAnswer
from services.gateway.ports import ResponseStore

NOT_STORED = "store"  # what is named among the fields that were not carried out


@runtime_checkable
class Keepable(Protocol):
    """A stream of which something is to be kept."""

    def entry(self) -> Entry | None:
        """What is to be kept of it so far."""
        ...

    def note_stored(self) -> None:
        """Note that it is kept."""
        ...


class ResponseKeeper:
    """Keeps one request's response. `kept` says that this was done, `lost` that it failed."""

    def __init__(self, store: ResponseStore, endpoint: OpenAIResponses, request: Request) -> None:
        self.kept = self.lost = False
        self._store = store
        self._endpoint = endpoint
        self._org_id = request.principal.org_id
        self._end_user, self._tags = request.envelope.end_user, request.overrides.tags
        self._done = False

    async def whole(self, answer: CompleteAnswer) -> bytes:
        """Keep a whole answer, and give what goes out."""
        if not isinstance(answer, ResponsesAnswer) or answer.entry is None or await self._save(answer.entry):
            return answer.body
        return answer.body if answer.unkept is None else answer.unkept()

    async def stream(self, answer: AnswerStream) -> None:
        """Keep what a stream has to keep by now: once when it begins, and if that was nothing, once when it ends."""
        if self._done or not isinstance(answer, Keepable) or (entry := answer.entry()) is None:
            return
        self._done = True
        if await self._save(entry):
            answer.note_stored()

    async def cached(self, request: Request, body: bytes, metadata: bytes) -> bytes:
        """Keep a cached response under its new id, and give what goes out."""
        entry = self._endpoint.entry_of_cached(request, body)
        stored = entry is not None and await self._save(entry)
        return self._endpoint.replayed(request, body, metadata, store=stored)

    async def _save(self, entry: Entry) -> bool:
        if isinstance(entry, StoredResponse):
            saved = await self._store.save(self._org_id, entry)
        else:
            if entry.background:
                entry = msgspec.structs.replace(entry, end_user=self._end_user, tags=self._tags)
            saved = await self._store.save_record(self._org_id, entry)
        self.kept, self.lost = saved, not saved
        return saved
