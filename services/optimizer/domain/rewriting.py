"""The levers that change one message by itself: blanks, wordy phrases, articles."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from services.optimizer.domain.account import Outcome
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
Alike = Callable[[str, str], float]
Enough = Callable[[str, str], bool]
_ROUNDS = 5
_TOO_FAR = "too little of the meaning might be left"
# What changes words, boldest first: the order in which it is given up where too little likeness is left.
BOLDEST = ("articles", "phrases", "marks", "repeats")


@dataclass(frozen=True, slots=True)
class Step:
    """`exact` steps write the same JSON data in fewer characters, which the guard would take for a changed span."""

    name: str
    run: Callable[[str, Sequence[Span]], str]
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """What one step did to a message."""

    step: str
    outcome: Outcome
    tokens: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A message's new texts, None where they stay, and what was done."""

    texts: tuple[str, ...] | None
    done: tuple[Done, ...] = ()

    @property
    def tokens(self) -> int:
        """The tokens taken away."""
        return sum(done.tokens for done in self.done)


def rewrite(message: Message, plan: Plan, count: Count, alike: Alike) -> Rewritten:
    """Shorten what the message's role allows: instructions everything, user turns and tool results only blanks."""
    steps = tuple(_steps(message, plan))
    if not steps or message.marked:
        return Rewritten(texts=None)
    before = message.texts()
    done: list[Done] = []
    after = tuple(_reword(text, steps, count, partial(_enough, alike, plan.floor), done) for text in before)
    return Rewritten(texts=None if after == tuple(before) else after, done=tuple(done))


def _reword(text: str, steps: Sequence[Step], count: Count, enough: Enough, done: list[Done]) -> str:
    """Run the steps over a text, those that change words last. Where the result is not like `enough` the text, each of
    them has to be by itself; where that is not enough either, none is left. A second run decides as the first did.
    """
    plain = settle(text, [step for step in steps if step.name not in BOLDEST], count, done)
    bold = [step.name for step in steps if step.name in BOLDEST]
    for attempt in (steps, [_checked(step, enough) for step in steps]) if bold else ():
        tried: list[Done] = []
        after = settle(plain, [step for step in attempt if step.name in BOLDEST], count, tried)
        after = settle(after, attempt, count, tried) if after != plain else after
        if after == plain or enough(plain, after):
            applied = {one.step for one in tried if one.outcome == "applied"}
            done += tried
            if attempt is not steps:
                done += [Done(name, "vetoed", reason=_TOO_FAR) for name in bold if name not in applied]
            return after
    done += [Done(name, "vetoed", reason=_TOO_FAR) for name in bold]
    return plain


def _checked(step: Step, enough: Enough) -> Step:
    if step.name not in BOLDEST:
        return step

    def run(text: str, keep: Sequence[Span]) -> str:
        shorter = step.run(text, keep)
        return shorter if shorter == text or enough(text, shorter) else text

    return replace(step, run=run)


def settle(text: str, steps: Sequence[Step], count: Count, done: list[Done]) -> str:
    """Run the steps until none finds anything, so that a second run changes nothing.

    A step that takes away what must stay, or that saves no token, is undone.
    """
    saved: dict[str, int] = {}
    idle: dict[str, str] = {}
    undone: dict[str, Done] = {}
    keep = protected(text)
    for _ in range(_ROUNDS):
        before = text
        for step in steps:
            if idle.get(step.name) == text:
                continue
            shorter = step.run(text, keep)
            idle[step.name] = text
            if shorter == text:
                continue
            if not (step.exact or preserves(text, shorter, keep)):
                undone[step.name] = Done(step.name, "vetoed", reason="a number, negation or protected part would go")
            elif (fewer := count(text) - count(shorter)) > 0:
                saved[step.name] = saved.get(step.name, 0) + fewer
                text, keep = shorter, protected(shorter)
            else:
                undone.setdefault(step.name, Done(step.name, "not_worth_it", reason="it would save no token"))
        if text == before:
            break
    done += [Done(name, "applied", tokens) for name, tokens in saved.items()]
    done += [one for name, one in undone.items() if name not in saved]
    return text


def _steps(message: Message, plan: Plan) -> Iterator[Step]:
    if message.role == "assistant":
        return
    result = message.is_tool_result
    if plan.whitespace and (result or message.is_system):
        yield Step("minify", lambda text, _: minify(text, quoted(text), data=result), exact=True)
    if plan.tables and result:
        yield Step("tables", lambda text, _: tabulate(text), exact=True)
    if plan.whitespace:
        yield Step("blanks", lambda text, keep: tidy(text, keep, columns=result))
    if message.is_system and plan.compression:
        yield Step("phrases", shorten)
        yield Step("marks", unmark)
    if message.is_system and plan.articles:
        yield Step("articles", drop_articles)


def _enough(alike: Alike, floor: float, before: str, after: str) -> bool:
    return alike(before, after) >= floor
