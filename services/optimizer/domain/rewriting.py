"""The levers that change one message by itself: blanks, wordy phrases, articles."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from libs.common.contracts.optimizer import Lever
from services.optimizer.domain.articles import drop_articles
from services.optimizer.domain.compression import shorten, unmark
from services.optimizer.domain.conversation import Message
from services.optimizer.domain.guard import preserves
from services.optimizer.domain.minify import minify
from services.optimizer.domain.plan import Plan
from services.optimizer.domain.spans import Span, protected, quoted
from services.optimizer.domain.tables import tabulate
from services.optimizer.domain.whitespace import tidy

Count = Callable[[str], int]
_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class _Step:
    """`exact` steps write the same JSON data in fewer characters, which the guard would take for a changed span."""

    lever: Lever
    run: Callable[[str, Sequence[Span]], str]
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A message's new texts, None where they stay, and the tokens that each lever took away."""

    texts: tuple[str, ...] | None
    saved: dict[Lever, int] = field(default_factory=dict)


def rewrite(message: Message, plan: Plan, count: Count) -> Rewritten:
    """Shorten what the message's role allows: instructions everything, user turns and tool results only blanks.

    A step that takes away what must stay, or that saves no token, is undone. Steps repeat until none finds anything, so
    that a second run changes nothing.
    """
    steps = tuple(_steps(message, plan))
    if not steps or message.marked:
        return Rewritten(texts=None)
    before = message.texts()
    saved: dict[Lever, int] = {}
    after = tuple(_settle(text, steps, count, saved) for text in before)
    return Rewritten(texts=None if after == tuple(before) else after, saved=saved)


def _settle(text: str, steps: Sequence[_Step], count: Count, saved: dict[Lever, int]) -> str:
    keep = protected(text)
    for _ in range(_ROUNDS):
        before = text
        for step in steps:
            shorter = step.run(text, keep)
            if shorter == text or not (step.exact or preserves(text, shorter, keep)):
                continue
            if (fewer := count(text) - count(shorter)) > 0:
                saved[step.lever] = saved.get(step.lever, 0) + fewer
                text, keep = shorter, protected(shorter)
        if text == before:
            break
    return text


def _steps(message: Message, plan: Plan) -> Iterator[_Step]:
    if message.role == "assistant":
        return
    result = message.is_tool_result
    if plan.whitespace and (result or message.is_system):
        yield _Step("whitespace", lambda text, _: minify(text, quoted(text), data=result), exact=True)
    if plan.tables and result:
        yield _Step("whitespace", lambda text, _: tabulate(text), exact=True)
    if plan.whitespace:
        yield _Step("whitespace", lambda text, keep: tidy(text, keep, columns=result))
    if message.is_system and plan.compression:
        yield _Step("compression", shorten)
        yield _Step("compression", unmark)
    if message.is_system and plan.articles:
        yield _Step("compression", drop_articles)
