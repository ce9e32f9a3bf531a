"""What runs over one request, and how far it may go."""

from dataclasses import dataclass
from typing import Final

from libs.common.contracts.auth import Level
from services.optimizer.domain.results import ToolResultTruncation

WINDOWS: Final[dict[Level, int]] = {"conservative": 20, "moderate": 10, "aggressive": 6}
# What the aggressive level does to old tool results, and how similar to itself a reworded line must stay.
TOOL_RESULT_TRUNCATION: Final = ToolResultTruncation(whole=1, head=20, values=20)
MIN_SIMILARITY: Final[dict[Level, float]] = {"moderate": 0.9, "aggressive": 0.8}


@dataclass(frozen=True, slots=True)
class Plan:
    """The names of the steps that run, and their measures: `window` in messages, None where nothing is cut; `truncation` None where
    old tool results stay whole; `min_similarity` a cosine.
    """

    running: frozenset[str]
    likely_wording: bool
    window: int | None
    summary: bool
    values_line: bool
    truncation: ToolResultTruncation | None
    min_similarity: float

    def runs(self, step: str) -> bool:
        """Whether a step is on."""
        return step in self.running
