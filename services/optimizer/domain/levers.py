"""Every step of every lever, each declared once: what it loses, what switches it on, and which texts it rewrites by itself.

Settings decide over a step by its class and its toggle; receipts, previews and the step log take names and levers from here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

from libs.common.contracts.auth import Level, OptimizationSettings
from libs.common.contracts.optimizer import Lever
from services.optimizer.domain import wording
from services.optimizer.domain.articles import articles
from services.optimizer.domain.marks import unmark
from services.optimizer.domain.minify import minify
from services.optimizer.domain.plan import MIN_SIMILARITY, TOOL_RESULT_TRUNCATION, WINDOWS, Plan
from services.optimizer.domain.repeats import once
from services.optimizer.domain.rewording import Similar, TextStep, Words, always
from services.optimizer.domain.tables import tabulate
from services.optimizer.domain.whitespace import strip_whitespace

StepClass = Literal["lossless", "redundant", "lossy"]
TextKind = Literal["instructions", "tool_result", "user"]
Toggle = Literal[
    "whitespace_removal",
    "redundancy_elimination",
    "system_prompt_compression",
    "context_pruning",
    "tool_definitions",
    "images",
]

# `lossless` keeps every byte of meaning, `redundant` drops what is there twice or says nothing, `lossy` the rest.
_LEVELS: Final[dict[StepClass, tuple[Level, ...]]] = {
    "lossless": ("conservative", "moderate", "aggressive"),
    "redundant": ("moderate", "aggressive"),
    "lossy": ("aggressive",),
}


@dataclass(frozen=True, slots=True)
class LeverStep:
    """One step. `name` is what step notes say, `lever` whose saving it counts under, `toggle` the setting that allows it.

    `rewrites` names the texts that it changes message by message, by way of `make`; a step without them works on the whole
    conversation, in `optimization_run`. `removes` is what a request has fewer of where it was applied. `also_at` names a level
    at which an organization may allow it by a setting of its own.
    """

    name: str
    lever: Lever
    step_class: StepClass
    toggle: Toggle
    rewrites: tuple[TextKind, ...] = ()
    make: Callable[[Plan, TextKind, Similar], TextStep] | None = None
    removes: str | None = None
    also_at: tuple[Level, str] | None = None

    def runs(self, settings: OptimizationSettings) -> bool:
        """Whether these settings allow it."""
        if getattr(settings, self.toggle) in (False, "off"):
            return False
        if settings.level in _LEVELS[self.step_class]:
            return True
        return (
            self.also_at is not None and settings.level == self.also_at[0] and bool(getattr(settings, self.also_at[1]))
        )


def _minify(_plan: Plan, _kind: TextKind, _similar: Similar) -> TextStep:
    return TextStep("minify", lambda text, _: minify(text), exact=True)


def _tables(_plan: Plan, _kind: TextKind, _similar: Similar) -> TextStep:
    return TextStep("tables", lambda text, _: tabulate(text), exact=True)


def _blanks(_plan: Plan, kind: TextKind, _similar: Similar) -> TextStep:
    return TextStep("blanks", partial(strip_whitespace, inner=kind == "instructions"))


def _repeats(_plan: Plan, _kind: TextKind, _similar: Similar) -> TextStep:
    return TextStep("repeats", once, exact=True)


def _phrases(plan: Plan, _kind: TextKind, similar: Similar) -> TextStep:
    # What no neighbor can change the meaning of needs no second opinion line by line: a short line soon looks unlike itself.
    if plan.likely_wording:
        return TextStep("phrases", Words(wording.AGGRESSIVE.edits, similar), rewords=True)
    return TextStep("phrases", Words(wording.MODERATE.edits, always), rewords=True)


def _marks(_plan: Plan, _kind: TextKind, _similar: Similar) -> TextStep:
    return TextStep("marks", Words(unmark, always), rewords=True)


def _articles(_plan: Plan, _kind: TextKind, similar: Similar) -> TextStep:
    return TextStep("articles", Words(articles, similar), rewords=True)


_SPACE: Final = "whitespace_removal"
_WORDING: Final = "system_prompt_compression"
_PRUNING: Final = "context_pruning"
# In the order in which they run over a text.
STEPS: Final[tuple[LeverStep, ...]] = (
    LeverStep("minify", "whitespace", "lossless", _SPACE, ("instructions", "tool_result"), _minify),
    LeverStep("tables", "whitespace", "lossless", _SPACE, ("tool_result",), _tables),
    LeverStep("blanks", "whitespace", "lossless", _SPACE, ("instructions", "user"), _blanks),
    LeverStep("repeats", "redundancy", "redundant", "redundancy_elimination", ("instructions",), _repeats),
    LeverStep("phrases", "compression", "redundant", _WORDING, ("instructions",), _phrases),
    LeverStep("marks", "compression", "redundant", _WORDING, ("instructions",), _marks),
    LeverStep("articles", "compression", "lossy", _WORDING, ("instructions",), _articles),
    LeverStep("window", "pruning", "lossless", _PRUNING),
    LeverStep("instructions", "pruning", "redundant", _PRUNING),
    LeverStep("masking", "pruning", "lossy", _PRUNING, removes="results"),
    LeverStep("extraction", "pruning", "lossy", _PRUNING, removes="documents", also_at=("moderate", "extraction")),
    # Beside the messages: these two say what they would do, and the gateway does it (`definitions.py`, `gist.py`).
    LeverStep("definitions", "tools", "lossy", "tool_definitions"),
    LeverStep("low_detail", "images", "lossy", "images"),
)
LEVER_OF: Final[dict[str, Lever]] = {step.name: step.lever for step in STEPS}
BESIDE: Final = frozenset(("definitions", "low_detail"))
REMOVES: Final[dict[str, str]] = {step.name: step.removes for step in STEPS if step.removes is not None}


def plan(settings: OptimizationSettings) -> Plan:
    """What a level and its toggles switch on."""
    running = frozenset(step.name for step in STEPS if step.runs(settings))
    lossy = settings.level == "aggressive"
    redundant = settings.level in _LEVELS["redundant"]
    return Plan(
        running=running,
        likely_wording=settings.system_prompt_compression and lossy,
        window=WINDOWS.get(settings.level) if "window" in running else None,
        summary=settings.context_pruning and lossy,
        values_line=settings.context_pruning and redundant and settings.values_line,
        truncation=TOOL_RESULT_TRUNCATION if "masking" in running else None,
        min_similarity=MIN_SIMILARITY.get(settings.level, 0.0),
    )


def text_steps(plan: Plan, kind: TextKind, similar: Similar) -> Sequence[TextStep]:
    """The steps that rewrite a text of this kind, in their order."""
    return [
        step.make(plan, kind, similar)
        for step in STEPS
        if step.make is not None and kind in step.rewrites and step.name in plan.running
    ]
