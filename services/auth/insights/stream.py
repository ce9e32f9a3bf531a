"""The request log as it flows: a file of all that fits the filters, and new entries as they come."""

from collections.abc import AsyncIterator
from typing import Final

import msgspec

from libs.common.bus import Bus
from libs.common.contracts.analytics import REQUESTS, RequestPage, RequestQuery
from libs.common.errors import Unauthorized, Unavailable
from services.auth.insights import log_csv
from services.auth.insights.schemas import LogEntry
from services.auth.insights.subscriptions import Subscriptions
from services.auth.sessions.service import Sessions

_PAGE: Final = 200
_HEARTBEAT_SECONDS: Final = 5.0


async def csv_lines(bus: Bus, query: RequestQuery, first: RequestPage) -> AsyncIterator[str]:
    """The whole log, newest first, from its `first` page on. Where the log is away meanwhile, the answer breaks off."""
    page = first
    yield log_csv.header() + log_csv.lines(page.requests)
    while page.next_cursor is not None:
        page = await bus.call(REQUESTS, msgspec.structs.replace(query, cursor=page.next_cursor, limit=_PAGE))
        yield log_csv.lines(page.requests)


async def new_requests(
    subscriptions: Subscriptions, bus: Bus, sessions: Sessions, token: str, query: RequestQuery
) -> AsyncIterator[str]:
    """Server-sent events: `request` for a new entry, `missed` where entries came that could not be read; comments keep
    the connection open. Ends when the token counts no longer, at most some seconds later.
    """
    with subscriptions.subscribe(query.org_id) as subscription:
        yield ": here you are\n\n"
        while (ids := await subscription.next(_HEARTBEAT_SECONDS)) is not None:
            try:
                await sessions.caller(token)
                events = [await _events(bus, query, ids[at : at + _PAGE]) for at in range(0, len(ids), _PAGE)]
                yield "".join(events) or ": still here\n\n"
            except Unauthorized:
                return
            except Unavailable:
                yield "event: missed\ndata: {}\n\n"


async def _events(bus: Bus, query: RequestQuery, ids: tuple[str, ...]) -> str:
    page = await bus.call(REQUESTS, msgspec.structs.replace(query, ids=ids, limit=_PAGE))
    return "".join(
        f"event: request\nid: {entry.id}\ndata: {msgspec.json.encode(LogEntry.of(entry)).decode()}\n\n"
        for entry in reversed(page.requests)
    )
