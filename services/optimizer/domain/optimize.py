"""The whole optimisation of one request, pure: messages and settings in, shorter messages and what each lever saved out."""

from collections.abc import Sequence
from dataclasses import dataclass

from libs.common.contracts.auth import OptimizationSettings
from libs.common.contracts.optimizer import Lever, StepNote
from libs.common.tokens import PER_REPLY
from services.optimizer.domain.conversation import Message
from services.optimizer.domain.plan import Plan, plan
from services.optimizer.domain.warmth import Warmth
from services.optimizer.domain.window import newest_index
from services.optimizer.domain.work import Documents, Rewrite, Work


@dataclass(frozen=True, slots=True)
class Optimized:
    """The messages to send, the tokens before, what each lever took away, and the cut's index if one was made.

    `notes` hold every step; `unasked` those that are told in any case. `content` counts messages by kind, `left_out` what goes.
    """

    messages: tuple[Message, ...]
    original_tokens: int
    saved: dict[Lever, int]
    cut: int | None
    notes: tuple[StepNote, ...]
    unasked: tuple[StepNote, ...]
    content: dict[str, int]
    left_out: dict[str, int]


def optimize(
    messages: Sequence[Message],
    settings: OptimizationSettings,
    model: str,
    warmth: Warmth,
    rewrite: Rewrite,
    documents: Documents,
    *,
    tools: bool = False,
) -> Optimized:
    """Prune first, so that nothing is rewritten that is not sent; then shorten what is left. `tools`: some are declared."""
    levers = plan(settings)

    def run(index: int) -> Work:
        work = Work(messages, levers, model, rewrite, documents, tools=tools)
        work.run(index)
        return work

    if levers.window is None:
        work = run(0)
    else:
        newest = newest_index(messages, levers.window)
        held = warmth.held(newest, levers.window)
        work = run(newest if held is None else held)
        if held is not None and held < newest and warmth.priced:
            fresh = run(newest)
            before, after = warmth.bills(work.messages, fresh.messages)
            if after <= before:
                work = fresh
            else:
                work.account.note(
                    "window", "not_worth_it", tokens=0, reason=_dearer(work.messages, fresh.messages, before, after)
                )
    return Optimized(
        messages=tuple(work.messages),
        original_tokens=PER_REPLY + sum(message.tokens for message in messages),
        saved=work.account.levers(),
        cut=work.cut,
        notes=work.account.notes(_running(levers)),
        unasked=work.account.losses_avoided(),
        content=dict(sorted(work.account.content.items())),
        left_out={what: count for what, count in sorted(work.account.left_out.items()) if count},
    )


def _dearer(held: Sequence[Message], fresh: Sequence[Message], before: float, after: float) -> str:
    fewer = sum(m.tokens for m in held) - sum(m.tokens for m in fresh)
    return (
        f"A new cut would send {fewer} tokens fewer and bill {after - before:.0f} more, "
        "for the provider has the longer history in its cache."
    )


def _running(levers: Plan) -> frozenset[str]:
    on = {
        "minify": levers.whitespace,
        "tables": levers.whitespace,
        "blanks": levers.whitespace,
        "repeats": levers.redundancy,
        "phrases": levers.compression,
        "marks": levers.compression,
        "articles": levers.articles,
        "window": levers.window is not None,
        "instructions": levers.instructions_once,
        "masking": levers.masking is not None,
        "extraction": levers.extraction,
    }
    return frozenset(step for step, running in on.items() if running)
