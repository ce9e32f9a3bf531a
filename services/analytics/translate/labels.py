"""Names that requests carry: end users, teams, client programs, codes of errors, tags. Each gets sums of its own, so there is a bound."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final, NamedTuple

from libs.common.bounded import bounded
from libs.common.contracts.events import CompletionFinished
from services.analytics.translate.request_row import made_at, storable

# Of one organization on one day; what comes beyond is counted under one name.
MAX_LABELS: Final = 32
MAX_VALUES: Final = 2_000
# Values that are remembered of all organizations and days together, some 50 MB; the day that was seen longest ago is forgotten first.
_MAX_REMEMBERED: Final = 300_000
OTHER: Final = "(other)"


class Label(NamedTuple):
    """One name of a request's."""

    org_id: str
    request_id: str
    label: str
    value: str


class Labels:
    """Gives requests their labels. What it has seen is its own: another copy of the service, or the same one after a restart, lets as many
    names through again.
    """

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[str, date], dict[str, set[str]]] = OrderedDict()
        self._remembered = 0

    def of(self, events: Sequence[CompletionFinished]) -> list[Label]:
        """Those of all events, as they are to be summed up."""
        return [label for event in events for label in self._of(event)]

    def _of(self, event: CompletionFinished) -> Iterator[Label]:
        names = labels_of(event)
        if not names:
            return
        day = event.org_id, made_at(event.id).date()
        seen = self._seen.setdefault(day, {})
        self._seen.move_to_end(day)
        while self._remembered > _MAX_REMEMBERED and len(self._seen) > 1:
            _, oldest = self._seen.popitem(last=False)
            self._remembered -= sum(map(len, oldest.values()))
        for label, value in names.items():
            values = seen.get(label)
            if values is None:
                if len(seen) >= MAX_LABELS:
                    continue
                values = seen[label] = set()
            if value not in values and len(values) >= MAX_VALUES:
                value = OTHER  # noqa: PLW2901
            self._remembered += value not in values
            values.add(value)
            yield Label(event.org_id, event.id, label, value)


def labels_of(event: CompletionFinished) -> dict[str, str]:
    """The end user, the team, the client, the error of a failed request and the tags, as the log has them."""
    kept = bounded(event)
    names = {
        "user": kept.end_user,
        "team": kept.team_id,
        "client": kept.client,
        "error": kept.error_code if kept.status == "error" else None,
        **{f"tag:{name}": value for name, value in kept.tags.items()},
    }
    found: dict[str, str] = storable({name: value for name, value in names.items() if value is not None})
    return found
