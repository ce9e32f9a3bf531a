"""Figures and the request log, asked of analytics."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Controller, get
from litestar.params import FromPath
from litestar.response import Stream
from msgspec import Meta

from libs.common.bus import Bus
from libs.common.clock import Clock
from libs.common.contracts import analytics
from libs.common.contracts.events import Status
from services.auth.domain.links import Links
from services.auth.domain.periods import moment_ms, period_ms
from services.auth.domain.permissions import Action
from services.auth.http.analytics_stream import csv_lines, new_requests
from services.auth.http.body import OptionalText, an_id, query
from services.auth.http.given import Given
from services.auth.http.guard import ApiRequest
from services.auth.live import LiveRequests
from services.auth.sessions import Sessions
from services.auth.translate import analytics_json


class PeriodQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From and to as ISO 8601, or the last `days`."""

    from_: str | None = msgspec.field(name="from", default=None)
    to: str | None = None
    days: Annotated[int, Meta(ge=1, le=3660)] = 30


class SavingsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A period, and what it is cut into."""

    from_: str | None = msgspec.field(name="from", default=None)
    to: str | None = None
    days: Annotated[int, Meta(ge=1, le=3660)] = 30
    interval: Literal["hour", "day", "week"] = "day"


class LogFilter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to leave out of the request log."""

    model: OptionalText | None = None
    status: Status | None = None
    cache_hit: bool | None = None
    from_: str | None = msgspec.field(name="from", default=None)
    to: str | None = None
    key_id: OptionalText | None = None
    kind: Literal["chat", "completion", "optimize"] | None = None


class LogQuery(LogFilter, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A page of what is left."""

    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: OptionalText | None = None


class AnalyticsController(Controller):
    """/api/analytics"""

    path = "/analytics"

    @get("/overview", needs=Action.READ)
    async def overview(self, request: ApiRequest, bus: Given[Bus], clock: Given[Clock]) -> dict[str, Any]:
        """Totals."""
        period = _period(request, query(request, PeriodQuery), clock)
        return analytics_json.overview_json(await bus.call(analytics.OVERVIEW, period), period.from_ms, period.to_ms)

    @get("/savings", needs=Action.READ)
    async def savings(self, request: ApiRequest, bus: Given[Bus], clock: Given[Clock]) -> dict[str, Any]:
        """Savings over time."""
        asked = query(request, SavingsQuery)
        from_ms, to_ms = period_ms(asked.from_, asked.to, asked.days, clock.now())
        wanted = analytics.SavingsQuery(
            org_id=request.user.org_id, from_ms=from_ms, to_ms=to_ms, interval=asked.interval
        )
        return analytics_json.savings_json(await bus.call(analytics.SAVINGS, wanted), asked.interval)

    @get("/models", needs=Action.READ)
    async def models(self, request: ApiRequest, bus: Given[Bus], clock: Given[Clock]) -> dict[str, Any]:
        """Who served how much."""
        period = _period(request, query(request, PeriodQuery), clock)
        return analytics_json.models_json(await bus.call(analytics.MODELS, period))

    @get("/levers", needs=Action.READ)
    async def levers(self, request: ApiRequest, bus: Given[Bus], clock: Given[Clock]) -> dict[str, Any]:
        """What each lever saved."""
        period = _period(request, query(request, PeriodQuery), clock)
        return analytics_json.levers_json(await bus.call(analytics.LEVERS, period))


class RequestController(Controller):
    """/api/requests"""

    path = "/requests"

    @get(needs=Action.READ)
    async def page(self, request: ApiRequest, bus: Given[Bus], clock: Given[Clock]) -> dict[str, Any]:
        """A page of the log, newest first."""
        asked = query(request, LogQuery)
        wanted = msgspec.structs.replace(_filtered(request, asked, clock), limit=asked.limit, cursor=asked.cursor)
        page = await bus.call(analytics.REQUESTS, wanted)
        entries = [analytics_json.request_json(entry) for entry in page.requests]
        return {"requests": entries, "next_cursor": page.next_cursor}

    @get("/export.csv", needs=Action.READ)
    async def export(self, request: ApiRequest, bus: Given[Bus], clock: Given[Clock]) -> Stream:
        """All of the log that fits the filters, as CSV."""
        wanted = msgspec.structs.replace(_filtered(request, query(request, LogFilter), clock), limit=200)
        first = await bus.call(analytics.REQUESTS, wanted)  # what cannot be answered is refused before a line is sent
        headers = {"content-disposition": 'attachment; filename="requests.csv"'}
        return Stream(csv_lines(bus, wanted, first), media_type="text/csv", headers=headers)

    @get("/stream", needs=Action.READ)
    async def stream(
        self,
        request: ApiRequest,
        bus: Given[Bus],
        clock: Given[Clock],
        live: Given[LiveRequests],
        sessions: Given[Sessions],
    ) -> Stream:
        """New entries that fit the filters, as server-sent events."""
        wanted = _filtered(request, query(request, LogFilter), clock)
        live.check_room(wanted.org_id)  # once a line is sent, nothing can be refused
        token = request.headers["authorization"].partition(" ")[2].strip()  # the guard has just let it in
        events = new_requests(live, bus, sessions, token, wanted)
        return Stream(events, media_type="text/event-stream", headers={"x-accel-buffering": "no"})

    @get("/{request_id:str}", needs=Action.READ)
    async def one(
        self, request: ApiRequest, bus: Given[Bus], links: Given[Links], request_id: FromPath[str]
    ) -> dict[str, Any]:
        """One entry of the log, with its receipt, what was said of it, and where its trace is."""
        wanted = analytics.RequestById(org_id=request.user.org_id, id=an_id(request_id, "req"))
        entry = await bus.call(analytics.REQUEST, wanted)
        return {**analytics_json.entry_json(entry), "trace_url": links.trace(entry.trace_id)}


def _period(request: ApiRequest, asked: PeriodQuery, clock: Clock) -> analytics.Period:
    from_ms, to_ms = period_ms(asked.from_, asked.to, asked.days, clock.now())
    return analytics.Period(org_id=request.user.org_id, from_ms=from_ms, to_ms=to_ms)


def _filtered(request: ApiRequest, asked: LogFilter, clock: Clock) -> analytics.RequestQuery:
    if asked.from_ is not None and asked.to is not None:
        period_ms(asked.from_, asked.to, 1, clock.now())  # refuses a period that ends before it starts
    return analytics.RequestQuery(
        org_id=request.user.org_id,
        model=asked.model,
        status=asked.status,
        cache_hit=asked.cache_hit,
        from_ms=None if asked.from_ is None else moment_ms(asked.from_, "from"),
        to_ms=None if asked.to is None else moment_ms(asked.to, "to"),
        key_id=asked.key_id,
        kind=asked.kind,
    )
