"""The levers that change one message by itself, each where the message's role and the kind of its text allow it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from libs.common.contracts.optimizer import Outcome
from services.optimizer.domain.conversation import Message
from services.optimizer.domain.invariants import preserves
from services.optimizer.domain.kinds import Kind, is_json, kinds
from services.optimizer.domain.levers import TextKind, text_steps
from services.optimizer.domain.plan import Plan
from services.optimizer.domain.rewording import Similar, TextStep, Words
from services.optimizer.domain.spans import protected

Count = Callable[[str], int]
Alike = Callable[[str, str], float]
_ROUNDS = 8
_TOO_FAR = "too little of the meaning might be left"


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


def rewrite(message: Message, plan: Plan, count: Count, alike: Alike) -> Rewritten:
    """Shorten what the message's role and the kinds of its texts allow."""
    if message.unchangeable or message.role == "assistant":
        return Rewritten(texts=None)
    before = message.texts()
    held = frozenset(_held(message, before))
    kind, similar = _kind(message), partial(_similar, alike, plan.min_similarity)
    steps = text_steps(plan, kind, similar) if kind is not None else ()
    if not steps:
        return Rewritten(texts=None, kinds=held)
    done: list[Done] = []
    after = tuple(reword(text, steps, count, similar, done) for text in before)
    return Rewritten(texts=None if after == tuple(before) else after, done=tuple(done), kinds=held)


def _held(message: Message, texts: Sequence[str]) -> Iterator[Kind]:
    """The kinds of a message. Of a tool's result, which may be long, only whether it is JSON."""
    for text in texts:
        if message.is_tool_result:
            yield "structured" if is_json(text) else "unknown"
        else:
            yield from kinds(text)


def reword(text: str, steps: Sequence[TextStep], count: Count, similar: Similar, done: list[Done]) -> str:
    """Run the steps over a text; where the result as a whole is not `similar` to the text, only those that change no words.

    A second run over the result decides as the first did: lines decide for themselves, and the whole gets all or none.
    """
    tried: list[Done] = []
    plain = fixed_point(text, [step for step in steps if not step.rewords], count, tried)
    bold = [step.name for step in steps if step.rewords]
    if bold:
        after = fixed_point(plain, steps, count, tried)
        if after == plain or similar(plain, after):
            done += tried
            return after
        done += [one for one in tried if one.step not in bold]
        done += [Done(name, "vetoed", reason=_TOO_FAR) for name in bold]
        return plain
    done += tried
    return plain


def fixed_point(text: str, steps: Sequence[TextStep], count: Count, done: list[Done]) -> str:
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
            elif isinstance(step.run, Words) and step.run.gate:
                undone[step.name] = Done(step.name, "gated", reason=step.run.gate)
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


def _kind(message: Message) -> TextKind | None:
    """What its texts are to the levers; None for a tool's result that may be a file, which nobody touches."""
    if message.is_system:
        return "instructions"
    if message.is_tool_result:
        return None if message.may_be_a_file else "tool_result"
    return "user"


def _similar(alike: Alike, least: float, before: str, after: str) -> bool:
    return alike(before, after) >= least
