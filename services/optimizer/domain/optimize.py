"""The whole optimisation of one request, pure: messages and settings in, shorter messages and what each lever saved out."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from libs.common.contracts.auth import OptimizationSettings
from libs.common.contracts.optimizer import Lever
from libs.common.tokens import PER_REPLY, count_message, count_text
from services.optimizer.domain import masking, notes
from services.optimizer.domain.conversation import Message, last_user
from services.optimizer.domain.plan import Plan, plan
from services.optimizer.domain.repeats import Seen
from services.optimizer.domain.rewriting import Rewritten
from services.optimizer.domain.window import Cut, cut, duplicate_instructions

Rewrite = Callable[[Message, Plan], Rewritten]
_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Optimized:
    """The messages to send, the tokens before, what each lever took away, and the cut's index if one was made."""

    messages: tuple[Message, ...]
    original_tokens: int
    saved: dict[Lever, int]
    cut: int | None


def optimize(
    messages: Sequence[Message], settings: OptimizationSettings, model: str, keep_cut: int | None, rewrite: Rewrite
) -> Optimized:
    """Prune first, so that nothing is rewritten that is not sent; then shorten what is left until nothing changes."""
    work = _Work(messages, plan(settings), model, rewrite)
    made = work.prune(keep_cut)
    work.shorten()
    if made is not None and work.plan.masking and work.mask(made):
        work.shorten()
    return Optimized(
        messages=tuple(work.messages),
        original_tokens=PER_REPLY + sum(message.tokens for message in messages),
        saved={lever: tokens for lever, tokens in work.saved.items() if tokens},
        cut=None if made is None else made.index,
    )


class _Work:
    """The messages as they stand between two steps, and the account of what the steps saved."""

    def __init__(self, messages: Sequence[Message], plan: Plan, model: str, rewrite: Rewrite) -> None:
        self.messages = list(messages)
        self.saved: Counter[Lever] = Counter()
        self.plan = plan
        self._model = model
        self._rewrite = rewrite

    def prune(self, keep_cut: int | None) -> Cut | None:
        if self.plan.window is None:
            return None
        made = cut(self.messages, self.plan.window, keep_cut)
        if made is None:
            return None
        dropped = [self.messages[i] for i in made.dropped]
        note = self._note(made, dropped)
        saving = sum(message.tokens for message in dropped) - (note.tokens if note else 0)
        if saving <= 0:
            return None
        gone, first = set(made.dropped), made.dropped[0]
        self.messages = [
            kept
            for i, message in enumerate(self.messages)
            for kept in ([note] if i == first else [] if i in gone else [message])
            if kept is not None
        ]
        self.saved["pruning"] += saving
        return made

    def shorten(self) -> None:
        """Each message by itself, instructions once, then repeats; again while leaving repeats out opens anything new."""
        for _ in range(_ROUNDS):
            self._rewrite_each()
            self._drop_duplicate_instructions()
            if not self.plan.redundancy or not self._drop_repeats():
                return

    def mask(self, made: Cut) -> bool:
        """Cut short the tool results that were old when the cut was made; the same ones until the next cut."""
        settled = set(made.settled)
        old = [i for i, m in enumerate(self.messages) if m.position in settled and m.is_tool_result]
        before = list(self.messages)
        for i in old[: -masking.WHOLE_RESULTS]:
            message = self.messages[i]
            if not message.marked:
                self._replace(i, [masking.mask(text) for text in message.texts()], "pruning")
        return self.messages != before

    def _note(self, made: Cut, dropped: Sequence[Message]) -> Message | None:
        gone, settled = set(made.dropped), set(made.settled)
        # Only what stays until the next cut counts as still there: the note must not change from turn to turn.
        kept = [m for i, m in enumerate(self.messages) if i not in gone and (m.is_system or i in settled)]
        lines = [notes.summary(dropped)] if self.plan.summary else []
        if self.plan.values_line and (values := notes.values_line(dropped, kept)):
            lines.append(values)
        if not lines:
            return None
        data: dict[str, Any] = {"role": "system", "content": "\n".join(lines)}
        return Message(data=data, tokens=count_message(self._model, data), position=-1, raw=None)

    def _drop_duplicate_instructions(self) -> None:
        if self.plan.instructions_once:
            repeated = set(duplicate_instructions(self.messages))
            self.saved["pruning"] += sum(self.messages[i].tokens for i in repeated)
            self.messages = [message for i, message in enumerate(self.messages) if i not in repeated]

    def _rewrite_each(self) -> None:
        for i, message in enumerate(self.messages):
            rewritten = self._rewrite(message, self.plan)
            if rewritten.texts is not None:
                self.saved.update(rewritten.saved)
                self.messages[i] = message.with_texts(rewritten.texts, message.tokens - sum(rewritten.saved.values()))

    def _drop_repeats(self) -> bool:
        before = self.saved["redundancy"]
        seen = Seen()
        asked = last_user(self.messages)
        for i, message in enumerate(self.messages):
            fixed = message.marked or i == asked
            if message.is_tool_result and not fixed:
                self._replace(i, [seen.point_back(text) for text in message.texts()], "redundancy")
            elif message.is_system or message.role == "user":
                self._replace(i, [seen.strip(text, change=not fixed) for text in message.texts()], "redundancy")
        return self.saved["redundancy"] > before

    def _replace(self, i: int, texts: Collection[str], lever: Lever) -> None:
        """Put new texts into a message if that saves tokens."""
        message = self.messages[i]
        if list(texts) == message.texts():
            return
        fewer = sum(self._count(text) for text in message.texts()) - sum(self._count(text) for text in texts)
        if fewer > 0:
            self.messages[i] = message.with_texts(texts, message.tokens - fewer)
            self.saved[lever] += fewer

    def _count(self, text: str) -> int:
        return count_text(self._model, text)
