"""The figures: what an organization's requests cost and saved."""

import msgspec

from libs.common.contracts.analytics import (
    Breakdown,
    BreakdownQuery,
    LatencyPoint,
    LatencyQuery,
    LatencySeries,
    Levers,
    Models,
    Overview,
    Period,
    SavingsQuery,
    SavingsSeries,
)
from services.analytics.domain import breakdowns, sums
from services.analytics.domain.latencies import latencies
from services.analytics.domain.periods import interval, time_range
from services.analytics.ports import UnitOfWork


class Figures:
    """Answers about one organization's period. `BadRequest` for a period that ends before it starts."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    async def overview(self, period: Period) -> Overview:
        """Totals."""
        asked = time_range(period)
        async with self._uow() as tx:
            return sums.overview(await tx.figures.total(asked), latencies(await tx.figures.sketch(asked)))

    async def savings(self, query: SavingsQuery) -> SavingsSeries:
        """Savings over time."""
        asked, step = time_range(query), interval(query.interval)
        async with self._uow() as tx:
            return SavingsSeries(points=sums.savings_points(await tx.figures.by_interval(asked, step)))

    async def latencies(self, query: LatencyQuery) -> LatencySeries:
        """Latencies over time."""
        asked, step = time_range(query), interval(query.interval)
        async with self._uow() as tx:
            found = await tx.figures.sketches(asked, step, query.model or "")
        points = (
            LatencyPoint(
                time_ms=round(time.timestamp() * 1000),
                requests=sum(sketch.total.values()),
                latency_ms=latencies(sketch),
            )
            for time, sketch in sorted(found.items())
            if sketch.total
        )
        return LatencySeries(points=tuple(points))

    async def models(self, period: Period) -> Models:
        """Who served how much."""
        asked = time_range(period)
        async with self._uow() as tx:
            models, timed = await tx.figures.by_model(asked), await tx.figures.latencies_by_model(asked)
        return Models(models=sums.model_uses(models, timed))

    async def breakdown(self, query: BreakdownQuery) -> Breakdown:
        """What an organization's requests have in common, and what that cost. `BadRequest` names what cannot be asked."""
        period = time_range(query)
        question = breakdowns.asked(query, period)
        async with self._uow() as tx:
            found = await tx.uses.groups(period, question, query.limit)
            # Whatever is asked by but a label, every request has.
            labelled = question.label in query.by
            total = await tx.uses.total(period, question) if labelled else found.whole
            answer = breakdowns.breakdown(found, total, question, period)
            if not query.previous:
                return answer
            from_ms, to_ms = breakdowns.previous(query)
            earlier = time_range(Period(org_id=query.org_id, from_ms=from_ms, to_ms=to_ms))
            whole = msgspec.structs.replace(question, starts=(), until=None)
            only = [row.values for row in found.rows]
            before = await tx.uses.groups(earlier, whole, query.limit, only)
            before_total = await tx.uses.total(earlier, whole) if labelled else before.whole
        return breakdowns.compared(answer, before.rows, before_total, from_ms, to_ms)

    async def levers(self, period: Period) -> Levers:
        """What each lever saved."""
        asked = time_range(period)
        async with self._uow() as tx:
            found = await tx.figures.by_lever(asked)
        return Levers(levers=tuple(found), total_nano=sum(use.savings_nano for use in found))
