"""The whole optimisation of one request, pure: messages and settings in, shorter messages and what each lever saved out."""

from collections.abc import Sequence
from dataclasses import dataclass

from libs.common.contracts.auth import OptimizationSettings
from libs.common.contracts.optimizer import Lever, StepNote
from libs.common.tokens import PER_REPLY
from services.optimizer.domain.conversation import Message
from services.optimizer.domain.levers import plan
from services.optimizer.domain.optimization_run import EVERY_TIME, Beginning, Documents, OptimizationRun, Rewrite
from services.optimizer.domain.prompt_cache import PromptCacheState
from services.optimizer.domain.window import newest_index


@dataclass(frozen=True, slots=True)
class Optimized:
    """The messages to send, the tokens before, what each lever took away, and the cut's index if one was made.

    `notes` hold every step; `always_reported` those that are told in any case. `content` counts messages by kind, `left_out` what goes.
    """

    messages: tuple[Message, ...]
    original_tokens: int
    saved: dict[Lever, int]
    cut: int | None
    notes: tuple[StepNote, ...]
    always_reported: tuple[StepNote, ...]
    content: dict[str, int]
    left_out: dict[str, int]


def optimize(
    messages: Sequence[Message],
    settings: OptimizationSettings,
    model: str,
    prompt_cache: PromptCacheState,
    rewrite: Rewrite,
    documents: Documents,
    *,
    tools: bool = False,
    beginning: Beginning = EVERY_TIME,
) -> Optimized:
    """Prune first, so that nothing is rewritten that is not sent; then shorten what is left. `tools`: some are declared."""
    levers = plan(settings)

    def shorten(index: int) -> OptimizationRun:
        run = OptimizationRun(messages, levers, model, rewrite, documents, tools=tools, beginning=beginning)
        run.apply(index)
        return run

    if levers.window is None:
        run = shorten(0)
    else:
        newest = newest_index(messages, levers.window)
        held = prompt_cache.reusable_cut(newest, levers.window)
        run = shorten(newest if held is None else held)
        if held is not None and held < newest and prompt_cache.priced:
            fresh = shorten(newest)
            before, after = prompt_cache.compare_costs(run.messages, fresh.messages)
            if after <= before:
                run = fresh
            else:
                run.log.note(
                    "window",
                    "not_worth_it",
                    tokens=0,
                    reason=_more_expensive(run.messages, fresh.messages, before, after),
                )
    return Optimized(
        messages=tuple(run.messages),
        original_tokens=PER_REPLY + sum(message.tokens for message in messages),
        saved=run.log.levers(),
        cut=run.cut,
        notes=run.log.notes(levers.running),
        always_reported=run.log.losses_avoided(),
        content=dict(sorted(run.log.content.items())),
        left_out={what: count for what, count in sorted(run.log.left_out.items()) if count},
    )


def _more_expensive(held: Sequence[Message], fresh: Sequence[Message], before: float, after: float) -> str:
    fewer = sum(m.tokens for m in held) - sum(m.tokens for m in fresh)
    return (
        f"A new cut would send {fewer} tokens fewer and bill {after - before:.0f} more, "
        "for the provider has the longer history in its cache."
    )
