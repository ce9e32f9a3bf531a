"""What a level and its toggles switch on."""

from dataclasses import dataclass

from libs.common.contracts.auth import Level, OptimizationSettings
from services.optimizer.domain.results import Masking

WINDOWS: dict[Level, int] = {"conservative": 20, "moderate": 10, "aggressive": 6}
# What the aggressive level does to old tool results, and how like itself a reworded line must stay.
MASKING = Masking(whole=1, head=20, values=20)
FLOORS: dict[Level, float] = {"moderate": 0.9, "aggressive": 0.8}


@dataclass(frozen=True, slots=True)
class Plan:
    """The levers that run. `window` is None where nothing is cut, `masking` where results stay whole; `floor` is a cosine."""

    whitespace: bool
    redundancy: bool
    compression: bool
    likely_wording: bool
    articles: bool
    window: int | None
    instructions_once: bool
    summary: bool
    values_line: bool
    masking: Masking | None
    extraction: bool
    floor: float


def plan(settings: OptimizationSettings) -> Plan:
    """A lever runs where the level has its class and its toggle is on.

    What loses nothing runs at every level, what is redundant from moderate on, what loses something at the aggressive one.
    The window is there at every level, and documents are left out at moderate where the organisation asked for it.
    """
    level = settings.level
    redundant, lossy = level in ("moderate", "aggressive"), level == "aggressive"
    pruning = settings.context_pruning
    return Plan(
        whitespace=settings.whitespace_removal and level != "off",
        redundancy=settings.redundancy_elimination and redundant,
        compression=settings.system_prompt_compression and redundant,
        likely_wording=settings.system_prompt_compression and lossy,
        articles=settings.system_prompt_compression and lossy,
        window=WINDOWS.get(level) if pruning else None,
        instructions_once=pruning and redundant,
        summary=pruning and lossy,
        values_line=pruning and redundant and settings.values_line,
        masking=MASKING if pruning and lossy else None,
        extraction=pruning and (lossy or (level == "moderate" and settings.extraction)),
        floor=FLOORS.get(level, 0.0),
    )
