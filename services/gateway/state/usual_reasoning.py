"""How many tokens a model takes to think about an easy request, where nobody has told it to think less."""

from dataclasses import dataclass
from typing import Final

from libs.common.byte_lru import ByteLru

# Fewer answers than this say too little; and the latest so many count.
FEWEST: Final = 30
_LATEST: Final = 500
_ENTRY: Final = 150  # bytes


@dataclass(slots=True)
class _Mean:
    count: int = 0
    mean: float = 0.0


class UsualReasoning:
    """By organization and model, of what this gateway has seen, in at most `memory_bytes`."""

    def __init__(self, memory_bytes: int = 1 << 20) -> None:
        self._known = ByteLru[tuple[str, str], _Mean](memory_bytes)

    def note(self, org_id: str, model: str, tokens: int) -> None:
        """One more answer took so many."""
        known = self._known.get((org_id, model)) or _Mean()
        known.count = min(known.count + 1, _LATEST)
        known.mean += (tokens - known.mean) / known.count
        self._known.put((org_id, model), known, _ENTRY, org_id)

    def mean(self, org_id: str, model: str) -> int | None:
        """What such an answer takes; None where too few are known."""
        known = self._known.get((org_id, model))
        return None if known is None or known.count < FEWEST else round(known.mean)
