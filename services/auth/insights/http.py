"""Figures and the request log, which analytics keeps."""

from collections.abc import Mapping
from typing import Final

import msgspec
from litestar import Controller, get
from litestar.params import FromPath
from litestar.response import Stream

from libs.common.bus import Bus
from libs.common.clock import Clock
from libs.common.contracts import analytics
from libs.common.errors import BadRequest
from services.auth.domain.links import Links
from services.auth.domain.permissions import Action
from services.auth.http.dependencies import Injected, Params
from services.auth.http.guard import ApiRequest
from services.auth.http.request import an_id
from services.auth.insights import breakdown_csv, schemas
from services.auth.insights.domain.periods import moment_ms, period_ms
from services.auth.insights.stream import csv_lines, new_requests
from services.auth.insights.subscriptions import Subscriptions
from services.auth.keys.api_keys import ApiKeys
from services.auth.sessions.service import Sessions
from services.auth.teams.service import Teams

_MOST_HOURS: Final = 2_400  # points of an answer, which is one message on the bus


class AnalyticsController(Controller):
    """/api/analytics"""

    path = "/analytics"

    @get("/overview", needs=Action.READ)
    async def overview(
        self, request: ApiRequest, params: Params[schemas.PeriodQuery], bus: Injected[Bus], clock: Injected[Clock]
    ) -> schemas.Overview:
        """Totals."""
        period = _period(request, params, clock)
        return schemas.Overview.of(await bus.call(analytics.OVERVIEW, period), period)

    @get("/savings", needs=Action.READ)
    async def savings(
        self, request: ApiRequest, params: Params[schemas.SavingsQuery], bus: Injected[Bus], clock: Injected[Clock]
    ) -> schemas.Savings:
        """Savings over time."""
        from_ms, to_ms = period_ms(params.from_, params.to, params.days, clock.now())
        wanted = analytics.SavingsQuery(
            org_id=request.user.org_id, from_ms=from_ms, to_ms=to_ms, interval=params.interval
        )
        return schemas.Savings.of(await bus.call(analytics.SAVINGS, wanted), params.interval)

    @get("/models", needs=Action.READ)
    async def models(
        self, request: ApiRequest, params: Params[schemas.PeriodQuery], bus: Injected[Bus], clock: Injected[Clock]
    ) -> schemas.Models:
        """Who served how much."""
        period = _period(request, params, clock)
        return schemas.Models.of(await bus.call(analytics.MODELS, period))

    @get("/levers", needs=Action.READ)
    async def levers(
        self, request: ApiRequest, params: Params[schemas.PeriodQuery], bus: Injected[Bus], clock: Injected[Clock]
    ) -> schemas.Levers:
        """What each lever saved."""
        period = _period(request, params, clock)
        return schemas.Levers.of(await bus.call(analytics.LEVERS, period))

    @get("/latencies", needs=Action.READ)
    async def latencies(
        self, request: ApiRequest, params: Params[schemas.LatencyQuery], bus: Injected[Bus], clock: Injected[Clock]
    ) -> schemas.LatencySeries:
        """How long requests took, over time."""
        from_ms, to_ms = period_ms(params.from_, params.to, params.days, clock.now())
        if to_ms - from_ms > _MOST_HOURS * 3_600_000 and params.interval == "hour":
            raise BadRequest(f"An answer holds at most {_MOST_HOURS} hours: ask for days or weeks.", param="interval")
        wanted = analytics.LatencyQuery(
            org_id=request.user.org_id, from_ms=from_ms, to_ms=to_ms, interval=params.interval, model=params.model
        )
        return schemas.LatencySeries.of(await bus.call(analytics.LATENCIES, wanted), params.interval)

    @get("/breakdown", needs=Action.READ)
    async def breakdown(
        self,
        request: ApiRequest,
        params: Params[schemas.BreakdownQuery],
        bus: Injected[Bus],
        clock: Injected[Clock],
        api_keys: Injected[ApiKeys],
        teams: Injected[Teams],
    ) -> schemas.Breakdown:
        """What requests have in common, and what that cost."""
        wanted = await _broken_down(request, params, clock, api_keys)
        found = await bus.call(analytics.BREAKDOWN, wanted)
        return schemas.Breakdown.of(wanted, found, await _names(request, wanted, api_keys, teams))

    @get("/breakdown.csv", needs=Action.READ, media_type="text/csv")
    async def breakdown_csv(
        self,
        request: ApiRequest,
        params: Params[schemas.BreakdownQuery],
        bus: Injected[Bus],
        clock: Injected[Clock],
        api_keys: Injected[ApiKeys],
        teams: Injected[Teams],
    ) -> Stream:
        """The same as CSV, a line for each row and interval, with the names of keys and teams."""
        wanted = await _broken_down(request, params, clock, api_keys)
        found = await bus.call(analytics.BREAKDOWN, wanted)
        names = await _names(request, wanted, api_keys, teams)
        headers = {"content-disposition": 'attachment; filename="breakdown.csv"'}
        return Stream([breakdown_csv.text(wanted, found, names)], media_type="text/csv", headers=headers)


class RequestController(Controller):
    """/api/requests"""

    path = "/requests"

    @get(needs=Action.READ)
    async def page(
        self, request: ApiRequest, params: Params[schemas.LogQuery], bus: Injected[Bus], clock: Injected[Clock]
    ) -> schemas.LogPage:
        """A page of the log, newest first."""
        wanted = msgspec.structs.replace(_filtered(request, params, clock), limit=params.limit, cursor=params.cursor)
        return schemas.LogPage.of(await bus.call(analytics.REQUESTS, wanted))

    @get("/export.csv", needs=Action.READ, media_type="text/csv")
    async def export(
        self, request: ApiRequest, params: Params[schemas.LogFilter], bus: Injected[Bus], clock: Injected[Clock]
    ) -> Stream:
        """All of the log that fits the filters, as CSV."""
        wanted = msgspec.structs.replace(_filtered(request, params, clock), limit=200)
        first = await bus.call(analytics.REQUESTS, wanted)  # what cannot be answered is refused before a line is sent
        headers = {"content-disposition": 'attachment; filename="requests.csv"'}
        return Stream(csv_lines(bus, wanted, first), media_type="text/csv", headers=headers)

    @get("/stream", needs=Action.READ, media_type="text/event-stream", fails=(429,))
    async def stream(
        self,
        request: ApiRequest,
        params: Params[schemas.LogFilter],
        bus: Injected[Bus],
        clock: Injected[Clock],
        subscriptions: Injected[Subscriptions],
        sessions: Injected[Sessions],
    ) -> Stream:
        """New entries that fit the filters, as server-sent events."""
        wanted = _filtered(request, params, clock)
        subscriptions.check_capacity(wanted.org_id)  # once a line is sent, nothing can be refused
        token = request.headers["authorization"].partition(" ")[2].strip()  # the guard has just let it in
        events = new_requests(subscriptions, bus, sessions, token, wanted)
        return Stream(events, media_type="text/event-stream", headers={"x-accel-buffering": "no"})

    @get("/{request_id:str}", needs=Action.READ)
    async def one(
        self, request: ApiRequest, bus: Injected[Bus], links: Injected[Links], request_id: FromPath[str]
    ) -> schemas.LogDetail:
        """One entry of the log, with its receipt, its feedback and the link to its trace."""
        wanted = analytics.RequestById(org_id=request.user.org_id, id=an_id(request_id, "req"))
        entry = await bus.call(analytics.REQUEST, wanted)
        return schemas.LogDetail.with_receipt(entry, links.trace(entry.trace_id))


def _period(request: ApiRequest, params: schemas.PeriodQuery, clock: Clock) -> analytics.Period:
    from_ms, to_ms = period_ms(params.from_, params.to, params.days, clock.now())
    return analytics.Period(org_id=request.user.org_id, from_ms=from_ms, to_ms=to_ms)


async def _broken_down(
    request: ApiRequest, params: schemas.BreakdownQuery, clock: Clock, api_keys: ApiKeys
) -> analytics.BreakdownQuery:
    from_ms, to_ms = period_ms(params.from_, params.to, params.days, clock.now())
    wanted = params.asked(request.user.org_id, from_ms, to_ms)
    if "key" not in (*wanted.by, *wanted.filters):
        return wanted
    return msgspec.structs.replace(wanted, merged_keys=tuple(await api_keys.of_playground(request.user)))


async def _names(
    request: ApiRequest, wanted: analytics.BreakdownQuery, api_keys: ApiKeys, teams: Teams
) -> Mapping[str, str]:
    keys = {key.id: key.name for key in await api_keys.all(request.user)} if "key" in wanted.by else {}
    return keys | (dict(await teams.names(request.user)) if "team" in wanted.by else {})


def _filtered(request: ApiRequest, params: schemas.LogFilter, clock: Clock) -> analytics.RequestQuery:
    if params.from_ is not None and params.to is not None:
        period_ms(params.from_, params.to, 1, clock.now())  # refuses a period that ends before it starts
    return analytics.RequestQuery(
        org_id=request.user.org_id,
        model=params.model,
        status=params.status,
        cache_hit=params.cache_hit,
        from_ms=None if params.from_ is None else moment_ms(params.from_, "from"),
        to_ms=None if params.to is None else moment_ms(params.to, "to"),
        key_id=params.key_id,
        kind=params.kind,
        session=params.session,
        client=params.client,
        arm=params.arm,
        conversation=params.conversation,
        end_user=params.user,
        team_id=params.team_id,
        tag=None if params.tag is None else _pair(params.tag),
        error_code=params.error_code,
        min_latency_ms=params.min_latency_ms,
    )


def _pair(tag: str) -> tuple[str, str]:
    name, _, value = tag.partition("=")
    return name, value
