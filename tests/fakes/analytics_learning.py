"""The twin of what is learned from, in memory."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from libs.common.contracts.events import CompletionFinished, FeedbackGiven
from libs.common.contracts.router import Learned
from services.analytics.domain.learning import Routed
from services.analytics.translate.request_row import made_at

_WINDOW = timedelta(minutes=10)


class MemoryLearning:
    """Implements `ports.LearningLog`. `received` holds when each row came that was not taken yet."""

    def __init__(
        self,
        rows: Mapping[tuple[str, str], CompletionFinished],
        feedback: Mapping[tuple[str, str], FeedbackGiven],
        received: dict[tuple[str, str], datetime],
        learned: dict[str, Learned],
    ) -> None:
        self._rows = rows
        self._feedback = feedback
        self._received = received
        self._learned = learned

    async def take(self, until: datetime, portion: int) -> Sequence[Routed]:
        waiting = sorted((at, key) for key, at in self._received.items() if at <= until and key in self._rows)
        last = waiting[portion - 1][0] if len(waiting) >= portion else until
        taken = []
        for at, key in waiting:
            if at <= last:
                del self._received[key]
                taken.append(self._rows[key])
        return [self._judged(event) for event in taken if _teaches(event)]

    async def sums(self, org_id: str) -> Learned | None:
        return self._learned.get(org_id)

    async def keep(self, org_id: str, sums: Learned) -> None:
        self._learned[org_id] = sums

    def _judged(self, event: CompletionFinished) -> Routed:
        said = self._feedback.get((event.org_id, event.id))
        unhappy = said is not None and said.rating == "bad" and not said.cache_wrong
        again = sum(self._same_again(event, other) for other in self._rows.values())
        return Routed(
            org_id=event.org_id,
            features=event.routing_features,
            lowered=event.routed_model != event.baseline_model,
            failed=float(event.fallback_used or unhappy or 1 <= again <= 2),
        )

    def _same_again(self, one: CompletionFinished, other: CompletionFinished) -> bool:
        asker = (one.org_id, one.key_id, one.end_user, one.asked_digest)
        return (
            one.asked_digest is not None
            and one.id != other.id
            and asker == (other.org_id, other.key_id, other.end_user, other.asked_digest)
            and other.cache in ("miss", "off")
            and timedelta(milliseconds=one.latency_ms) <= made_at(other.id) - made_at(one.id) <= _WINDOW
        )


def _teaches(event: CompletionFinished) -> bool:
    return bool(event.routing_features) and event.status in ("success", "fallback") and event.cache in ("miss", "off")
