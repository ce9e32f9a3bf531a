"""The figures: what an organization's requests cost and saved."""

from libs.common.contracts.analytics import Levers, Models, Overview, Period, SavingsQuery, SavingsSeries
from libs.common.latency import percentile
from services.analytics.domain import sums
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

    async def models(self, period: Period) -> Models:
        """Who served how much."""
        asked = time_range(period)
        async with self._uow() as tx:
            models, timed = await tx.figures.by_model(asked), await tx.figures.latencies_by_model(asked)
        uses = sums.model_uses(models, {server: percentile(0.5, counts) for server, counts in timed.items()})
        return Models(models=uses)

    async def levers(self, period: Period) -> Levers:
        """What each lever saved."""
        asked = time_range(period)
        async with self._uow() as tx:
            found = await tx.figures.by_lever(asked)
        return Levers(levers=tuple(found), total_nano=sum(use.savings_nano for use in found))
