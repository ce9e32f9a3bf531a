"""What a client thought of an answer: kept for the router to learn from, and a wrong hit goes out of the cache."""

import asyncio
from typing import Annotated, Literal

import msgspec

from libs.common.clock import Clock
from libs.common.contracts.auth import Principal
from libs.common.contracts.base import DECODE_ERRORS
from libs.common.contracts.events import CompletionFinished, FeedbackGiven
from libs.common.errors import BadRequest, NotFound
from libs.common.ids import is_id
from services.gateway.domain.invalid import invalid
from services.gateway.ports import RequestHistory

# A client may well answer before its own request is in the log.
_WAITS = (0.1, 0.2, 0.4, 0.8)


class FeedbackBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`request_id` is the one in `promptly_metadata` and in the header `x-promptly-request-id`."""

    request_id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    rating: Literal["good", "bad"]
    cache_wrong: bool = False
    comment: Annotated[str, msgspec.Meta(max_length=2000)] | None = None


class FeedbackAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is kept; `evicted` says whether a cached answer was removed for it."""

    request_id: str
    rating: Literal["good", "bad"]
    evicted: bool


class Feedback:
    """Takes feedback on this organization's own requests."""

    def __init__(self, history: RequestHistory, clock: Clock) -> None:
        self._history = history
        self._clock = clock

    async def give(self, principal: Principal, body: bytes) -> FeedbackAnswer:
        """Keep it. `evicted` in the answer says whether a cached answer was removed for it; `NotFound` for a request that
        this organization did not make.
        """
        given = _read(body)
        request = await self._request(principal.org_id, given.request_id)
        evicted = False
        if given.cache_wrong and request.cache_entry_id is not None:
            evicted = await self._history.forget(principal.org_id, request.cache_entry_id, request.cache_pair_id)
        await self._history.record_feedback(
            FeedbackGiven(
                request_id=given.request_id,
                org_id=principal.org_id,
                key_id=principal.key_id,
                time_ms=int(self._clock.now().timestamp() * 1000),
                rating=given.rating,
                cache_wrong=given.cache_wrong,
                comment=given.comment,
            )
        )
        return FeedbackAnswer(request_id=given.request_id, rating=given.rating, evicted=evicted)

    async def _request(self, org_id: str, request_id: str) -> CompletionFinished:
        for wait in _WAITS:
            try:
                return await self._history.request(org_id, request_id)
            except NotFound:
                await asyncio.sleep(wait)
        return await self._history.request(org_id, request_id)


def _read(body: bytes) -> FeedbackBody:
    try:
        given = msgspec.json.decode(body, type=FeedbackBody)
    except msgspec.ValidationError as error:
        raise invalid(str(error)) from None
    except DECODE_ERRORS:
        raise BadRequest("The body is not valid JSON.", code="invalid_json") from None
    for name, value in (("request_id", given.request_id), ("comment", given.comment)):
        if value is not None and "\x00" in value:
            raise BadRequest(f"`{name}` may not hold the character U+0000.", param=name)
    if not is_id(given.request_id, "req"):
        raise NotFound("There is no such request in your organization's log.")
    return given
