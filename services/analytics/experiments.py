"""The experiment: what the levers saved, and what they did to quality, against the conversations that ran without them."""

import asyncio
from datetime import UTC, datetime

from libs.common.catalog import Catalog
from libs.common.contracts.analytics import Period
from libs.common.contracts.events import TokenClasses
from libs.common.contracts.experiments import ExperimentQuery, ExperimentResults
from services.analytics.domain.conversations import Conversation, results
from services.analytics.domain.periods import time_range
from services.analytics.ports import UnitOfWork


class Experiments:
    """Answers about one organization's experiment. `BadRequest` for a period that ends before it starts."""

    def __init__(self, uow: UnitOfWork, catalog: Catalog) -> None:
        self._uow = uow
        self._catalog = catalog

    async def results(self, query: ExperimentQuery) -> ExperimentResults:
        """What is known from the conversations of a period."""
        asked = time_range(Period(org_id=query.org_id, from_ms=query.from_ms, to_ms=query.to_ms))
        async with self._uow() as tx:
            conversations = await tx.experiments.conversations(asked)
        return await asyncio.to_thread(results, conversations, self._first_cost)

    def _first_cost(self, conversation: Conversation) -> int | None:
        """Nano-dollars that the first prompt costs as it was sent, at the requested model's price, none of it cached."""
        model = self._catalog.find(conversation.first_model)
        day = datetime.fromtimestamp(conversation.first_ms / 1000, UTC).date()
        tokens = TokenClasses(uncached_input=conversation.first_tokens)
        return None if model is None else model.cost_nano(tokens, day)
