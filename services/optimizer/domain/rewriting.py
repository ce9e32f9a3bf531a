"""The levers that change one message by itself, each where the message's role and the kind of its text allow it."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from services.optimizer.domain import wording
from services.optimizer.domain.account import Outcome
from services.optimizer.domain.articles import articles
from services.optimizer.domain.conversation import Message
from services.optimizer.domain.english import is_english
from services.optimizer.domain.guard import preserves
from services.optimizer.domain.kinds import Kind, is_json, kinds
from services.optimizer.domain.marks import unmark
from services.optimizer.domain.minify import minify
from services.optimizer.domain.plan import Plan
from services.optimizer.domain.repeats import once
from services.optimizer.domain.spans import Edit, Span, apply, protected
from services.optimizer.domain.tables import tabulate
from services.optimizer.domain.whitespace import tidy

Count = Callable[[str], int]
Alike = Callable[[str, str], float]
Find = Callable[[str], Sequence[Edit]]
_ROUNDS = 8
_TOO_FAR = "too little of the meaning might be left"


@dataclass(frozen=True, slots=True)
class Step:
    """`exact` steps keep what is said and write it in fewer characters; the others leave the spans to keep as they are, and
    `bold` ones change words.
    """

    name: str
    run: Callable[[str, Sequence[Span]], str]
    exact: bool = False
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """What one step did to a message."""

    step: str
    outcome: Outcome
    tokens: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A message's new texts, None where they stay, what was done, and the kinds of content that the message holds."""

    texts: tuple[str, ...] | None
    done: tuple[Done, ...] = ()
    kinds: frozenset[Kind] = frozenset()

    @property
    def tokens(self) -> int:
        """The tokens taken away."""
        return sum(done.tokens for done in self.done)


@dataclass
class Words:
    """A step that changes words: line by line, and only where the line stays like itself and keeps what it must."""

    find: Find
    enough: Callable[[str, str], bool]
    any_language: bool = False
    vetoed: bool = field(default=False, init=False)

    def __call__(self, text: str, keep: Sequence[Span]) -> str:
        """The text with every edit made that its line bears."""
        if wording.ABOUT_WORDING.search(text):
            return text
        pieces, start, at = [], 0, 0
        for line in text.splitlines(keepends=True):
            # Both lines and spans come in order: what ends before a line concerns no later one.
            while at < len(keep) and keep[at][1] <= start:
                at += 1
            end = bisect_left(keep, (start + len(line), 0), at)
            spans = [(a - start, b - start) for a, b in keep[at:end]]
            pieces.append(self._line(line, spans) if self.any_language or is_english(line) else line)
            start += len(line)
        return "".join(pieces)

    def _line(self, line: str, here: Sequence[Span]) -> str:
        edits = self.find(line)
        if not edits:
            return line
        shorter = apply(line, edits, here)
        if shorter == line or (preserves(line, shorter, ()) and self.enough(line, shorter)):
            return shorter
        self.vetoed = True
        return line


def rewrite(message: Message, plan: Plan, count: Count, alike: Alike) -> Rewritten:
    """Shorten what the message's role and the kinds of its texts allow."""
    if message.marked or message.role == "assistant":
        return Rewritten(texts=None)
    before = message.texts()
    held = frozenset(_held(message, before))
    steps = tuple(_steps(message, plan, partial(_enough, alike, plan.floor)))
    if not steps:
        return Rewritten(texts=None, kinds=held)
    done: list[Done] = []
    after = tuple(reword(text, steps, count, partial(_enough, alike, plan.floor), done) for text in before)
    return Rewritten(texts=None if after == tuple(before) else after, done=tuple(done), kinds=held)


def _held(message: Message, texts: Sequence[str]) -> Iterator[Kind]:
    """The kinds of a message. Of a tool's result, which may be long, only whether it is JSON."""
    for text in texts:
        if message.is_tool_result:
            yield "structured" if is_json(text) else "unknown"
        else:
            yield from kinds(text)


def reword(text: str, steps: Sequence[Step], count: Count, enough: Callable[[str, str], bool], done: list[Done]) -> str:
    """Run the steps over a text; where the result as a whole is not like `enough` the text, only those that change no words.

    A second run over the result decides as the first did: lines decide for themselves, and the whole gets all or none.
    """
    tried: list[Done] = []
    plain = settle(text, [step for step in steps if not step.bold], count, tried)
    bold = [step.name for step in steps if step.bold]
    if bold:
        after = settle(plain, steps, count, tried)
        if after == plain or enough(plain, after):
            done += tried
            return after
        done += [one for one in tried if one.step not in bold]
        done += [Done(name, "vetoed", reason=_TOO_FAR) for name in bold]
        return plain
    done += tried
    return plain


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
            if isinstance(step.run, Words) and step.run.vetoed:
                undone[step.name] = Done(step.name, "vetoed", reason=_TOO_FAR)
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


def instructions(plan: Plan, enough: Callable[[str, str], bool]) -> Iterator[Step]:
    """The steps for what tells the model what to do, in the order in which they run."""
    if plan.whitespace:
        yield Step("minify", lambda text, _: minify(text), exact=True)
        yield Step("blanks", partial(tidy, inner=True))
    if plan.redundancy:
        yield Step("repeats", once, exact=True)
    if plan.compression:
        # What no neighbour can turn needs no second opinion line by line, where a short line soon looks unlike itself.
        sure = not plan.likely_wording
        phrases = wording.MODERATE if sure else wording.AGGRESSIVE
        yield Step("phrases", Words(phrases.edits, _surely if sure else enough), bold=True)
        yield Step("marks", Words(unmark, _surely), bold=True)
    if plan.articles:
        yield Step("articles", Words(articles, enough), bold=True)


def _steps(message: Message, plan: Plan, enough: Callable[[str, str], bool]) -> Iterator[Step]:
    if message.is_system:
        yield from instructions(plan, enough)
    elif message.is_tool_result:
        if plan.whitespace and not message.may_be_a_file:
            yield Step("minify", lambda text, _: minify(text), exact=True)
            yield Step("tables", lambda text, _: tabulate(text), exact=True)
    elif plan.whitespace:
        yield Step("blanks", partial(tidy, inner=False))


def _surely(_before: str, _after: str) -> bool:
    return True


def _enough(alike: Alike, floor: float, before: str, after: str) -> bool:
    return alike(before, after) >= floor
