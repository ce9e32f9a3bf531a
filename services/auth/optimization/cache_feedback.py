"""Removes a wrong answer from the cache, and blocks it for the prompts that it was served to."""

from typing import Final

import msgspec

from libs.common.bus import Bus
from libs.common.contracts.analytics import REQUESTS, RequestQuery
from libs.common.contracts.cache import FORGET, ForgetEntry
from libs.common.errors import NotFound

_MOST_PAIRS: Final = 200


class WrongAnswerRemoved(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the answer was still in the cache, and how many pairs of questions are kept apart from now on."""

    entry_id: str
    evicted: bool
    blocked_pairs: int


async def remove_wrong_answer(bus: Bus, org_id: str, entry_id: str) -> WrongAnswerRemoved:
    """Remove an entry, and block the pairs that it served lately. `NotFound` where neither the cache nor the log has such an entry."""
    served = await bus.call(REQUESTS, RequestQuery(org_id=org_id, cache_entry_id=entry_id, limit=_MOST_PAIRS))
    pairs = {entry.cache_pair_id for entry in served.requests if entry.cache_pair_id is not None}
    wrong = ForgetEntry(org_id=org_id, entry_id=entry_id, pair_ids=tuple(sorted(pairs)))
    evicted = (await bus.call(FORGET, wrong)).forgotten
    if not evicted and not served.requests:
        raise NotFound("There is no such entry in your organization's cache.")
    return WrongAnswerRemoved(entry_id=entry_id, evicted=evicted, blocked_pairs=len(pairs))
