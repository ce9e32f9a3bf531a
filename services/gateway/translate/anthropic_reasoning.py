"""OpenAI's `reasoning_effort` as what each of Anthropic's model families takes for it."""

import msgspec

from libs.common.catalog import Model
from services.gateway.translate.anthropic_content import Block

# Tokens for an answer where the client names no limit.
ANSWER = 8192
# Tokens to think with, where a model wants a number; elsewhere they are only room beside the answer.
_BUDGETS = {"none": 0, "minimal": 1024, "low": 1024, "medium": 4096, "high": 16_384, "xhigh": 32_000, "max": 32_000}
_LEAST = 1024
# These think whatever they are told, like every model that refuses forced tools.
_ALWAYS_THINKING = ("claude-fable", "claude-mythos")
_WITHOUT_XHIGH = ("claude-opus-4-6", "claude-sonnet-4-6")


class Reasoning(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent: `thinking`, the `effort` of `output_config`, and whether that is all that was asked for."""

    thinking: Block | None = None
    effort: str | None = None
    as_asked: bool = True

    @property
    def on(self) -> bool:
        """Whether it asks the model to think."""
        return self.thinking is not None and self.thinking["type"] != "disabled"


def room(effort: str | None) -> int:
    """How many tokens an effort may take beside the answer."""
    return _BUDGETS.get(effort or "none", 0)


def adaptive(known: Model | None) -> bool:
    """Whether the model decides by itself how much it thinks. A model that nobody knows is taken for a new one."""
    return known is None or known.can("adaptive_thinking")


def reasoning(effort: str | None, known: Model | None, *, max_tokens: int, forced: bool, complete: bool) -> Reasoning:
    """How an effort is asked for.

    Thinking and a forced tool exclude each other, and the tool goes first where the model takes it. A budget needs its
    place in `max_tokens`, and a tool loop whose turns are `complete` with their thinking.
    """
    if effort is None:
        return Reasoning()
    if known is not None and not known.can("reasoning"):
        return Reasoning(as_asked=effort == "none")
    if not adaptive(known):
        if effort == "none":
            return Reasoning()
        if max_tokens <= _LEAST or not complete:
            return Reasoning(as_asked=False)
        left = max_tokens - min(ANSWER, max_tokens // 2)
        budget = min(_BUDGETS[effort], max(_LEAST, left))
        return Reasoning(thinking={"type": "enabled", "budget_tokens": budget})
    if effort == "none":
        if known is None or "forced_tools" in known.refuses or known.name.startswith(_ALWAYS_THINKING):
            return Reasoning(effort="low", as_asked=False)
        return Reasoning(thinking={"type": "disabled"})
    level = "low" if effort == "minimal" else effort
    if level == "xhigh" and known is not None and known.name.startswith(_WITHOUT_XHIGH):
        return Reasoning(thinking=_adaptively(forced), effort="high", as_asked=False)
    return Reasoning(thinking=_adaptively(forced), effort=level, as_asked=not forced)


def _adaptively(forced: bool) -> Block | None:
    return None if forced else {"type": "adaptive", "display": "summarized"}
