"""What a level and its toggles switch on."""

from dataclasses import dataclass

from libs.common.contracts.auth import Level, OptimizationSettings
from services.optimizer.domain.masking import Masking

WINDOWS: dict[Level, int] = {"conservative": 20, "moderate": 10, "aggressive": 6}
# What a level may do to old tool results, and how like itself a reworded message must stay.
MASKING: dict[Level, Masking] = {
    "moderate": Masking(whole=3, head=300, values=40, answered=False),
    "aggressive": Masking(whole=1, head=100, values=20, answered=True),
}
FLOORS: dict[Level, float] = {"moderate": 0.9, "aggressive": 0.8}


@dataclass(frozen=True, slots=True)
class Plan:
    """The levers that run. `window` is None where nothing is cut, `masking` where results stay whole; `floor` is a cosine."""

    whitespace: bool
    tables: bool
    redundancy: bool
    compression: bool
    articles: bool
    window: int | None
    instructions_once: bool
    summary: bool
    values_line: bool
    masking: Masking | None
    extraction: bool
    floor: float


def plan(settings: OptimizationSettings) -> Plan:
    """A lever runs where the level has it and its toggle is on."""
    level = settings.level
    most = level in ("moderate", "aggressive")
    pruning = settings.context_pruning
    return Plan(
        whitespace=settings.whitespace_removal and level != "off",
        tables=settings.whitespace_removal and most,
        redundancy=settings.redundancy_elimination and most,
        compression=settings.system_prompt_compression and most,
        articles=settings.system_prompt_compression and level == "aggressive",
        window=WINDOWS.get(level) if pruning else None,
        instructions_once=pruning and most,
        summary=pruning and level == "aggressive",
        values_line=pruning and most and settings.values_line,
        masking=MASKING.get(level) if pruning else None,
        extraction=pruning and (level == "aggressive" or (level == "moderate" and settings.extraction)),
        floor=FLOORS.get(level, 0.0),
    )
