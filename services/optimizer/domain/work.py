"""The messages as they stand between two steps, and the account of what the steps did."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from libs.common.tokens import count_message, count_text
from services.optimizer.domain import notes
from services.optimizer.domain.account import Account
from services.optimizer.domain.conversation import Message, last_user
from services.optimizer.domain.extraction import Extracted
from services.optimizer.domain.plan import Plan
from services.optimizer.domain.repeats import Seen
from services.optimizer.domain.rewriting import Rewritten
from services.optimizer.domain.window import Cut, cut, duplicate_instructions

Rewrite = Callable[[Message, Plan], Rewritten]
# A text with documents and the user turn before it, to the same text with the unrelated documents left out.
Extract = Callable[[str, str | None], Extracted]
_ROUNDS = 4


class Work:
    """One way of shortening a request, for one place of the cut.

    Whatever depends on later messages (what is old, which turn is the last) is settled when the cut is made: until the
    next cut each request begins with the one before, byte for byte.
    """

    def __init__(self, messages: Sequence[Message], plan: Plan, model: str, rewrite: Rewrite, extract: Extract) -> None:
        self.messages = list(messages)
        self.account = Account()
        self.cut: int | None = None
        self._plan = plan
        self._model = model
        self._rewrite = rewrite
        self._extract = extract
        self._settled: frozenset[int] = frozenset()
        self._rewritten: dict[int, Message] = {}

    def run(self, index: int) -> None:
        """Leave out the first `index` non-system messages, then shorten the others."""
        if index > 0 and self._plan.window is not None:
            self._prune(cut(self.messages, self._plan.window, index))
        if self._plan.extraction:
            self._extract_each()
        self._shorten()
        if self._settled and self._mask():
            self._shorten()

    def _prune(self, made: Cut | None) -> None:
        if made is None:
            return
        dropped = [self.messages[i] for i in made.dropped]
        note = self._note(made, dropped)
        saving = sum(message.tokens for message in dropped) - (note.tokens if note else 0)
        if saving <= 0:
            self.account.note(
                "window", "not_worth_it", reason="what would stand for the messages is as long as they are"
            )
            return
        gone, first = set(made.dropped), made.dropped[0]
        self.messages = [
            kept
            for i, message in enumerate(self.messages)
            for kept in ([note] if i == first else [] if i in gone else [message])
            if kept is not None
        ]
        self._settled = frozenset(made.settled)
        self.cut = made.index
        self.account.note("window", "applied", tokens=saving, reason=f"{len(dropped)} messages left out")

    def _note(self, made: Cut, dropped: Sequence[Message]) -> Message | None:
        gone, settled = set(made.dropped), set(made.settled)
        # Only what stays until the next cut counts as still there: the note must not change from turn to turn.
        kept = [m for i, m in enumerate(self.messages) if i not in gone and (m.is_system or i in settled)]
        lines = [notes.summary(dropped)] if self._plan.summary else []
        if self._plan.values_line and (values := notes.values_line(dropped, kept)):
            lines.append(values)
        if not lines:
            return None
        data: dict[str, Any] = {"role": "system", "content": "\n".join(lines)}
        return Message(data=data, tokens=count_message(self._model, data), position=-1, raw=None)

    def _extract_each(self) -> None:
        question: str | None = None
        for i, message in enumerate(self.messages):
            if message.role == "user" or message.is_tool_result:
                found = [self._extract(text, question) for text in message.texts()]
                for one in found:
                    if one.gate:
                        self.account.note("extraction", "gated", message=message.position, reason=one.gate)
                if not message.marked:
                    self._replace(i, [one.text for one in found], "extraction")
            if message.role == "user":
                question = "\n".join(message.texts())

    def _shorten(self) -> None:
        """Each message by itself, instructions once, then repeats; again while leaving repeats out opens anything new."""
        for _ in range(_ROUNDS):
            self._rewrite_each()
            self._drop_duplicate_instructions()
            if not self._plan.redundancy or not self._drop_repeats():
                return

    def _rewrite_each(self) -> None:
        for i, message in enumerate(self.messages):
            if self._rewritten.get(message.position) is message:
                continue
            rewritten = self._rewrite(message, self._plan)
            for done in rewritten.done:
                self.account.note(
                    done.step, done.outcome, tokens=done.tokens, message=message.position, reason=done.reason
                )
            if rewritten.texts is not None:
                self.messages[i] = message.with_texts(rewritten.texts, message.tokens - rewritten.tokens)
            # Rewriting ends where it finds nothing more: only what another lever changes has to be looked at again.
            self._rewritten[message.position] = self.messages[i]

    def _drop_duplicate_instructions(self) -> None:
        if self._plan.instructions_once:
            repeated = set(duplicate_instructions(self.messages))
            for i in repeated:
                message = self.messages[i]
                self.account.note("instructions", "applied", tokens=message.tokens, message=message.position)
            self.messages = [message for i, message in enumerate(self.messages) if i not in repeated]

    def _drop_repeats(self) -> bool:
        before = list(self.messages)
        seen = Seen()
        for i, message in enumerate(self.messages):
            if message.is_tool_result and not message.marked:
                self._replace(i, [seen.point_back(text) for text in message.texts()], "repeats")
            elif message.is_system or message.role == "user":
                change = not message.marked and (message.is_system or message.position in self._earlier_turns())
                self._replace(i, [seen.strip(text, change=change) for text in message.texts()], "repeats")
        return self.messages != before

    def _earlier_turns(self) -> frozenset[int]:
        """User turns that were there when the cut was made, save the last of them, which was being answered then."""
        settled = [m for m in self.messages if m.position in self._settled]
        asked = last_user(settled)
        return frozenset(m.position for i, m in enumerate(settled) if m.role == "user" and i != asked)

    def _mask(self) -> bool:
        """Cut short the tool results that were old when the cut was made; the same ones until the next cut."""
        masking = self._plan.masking
        if masking is None:
            return False
        before = list(self.messages)
        settled = [i for i, m in enumerate(self.messages) if m.position in self._settled]
        for i in masking.old(self.messages, settled):
            self._replace(i, [masking.mask(text) for text in self.messages[i].texts()], "masking")
        return self.messages != before

    def _replace(self, i: int, texts: Collection[str], step: str) -> None:
        """Put new texts into a message if that saves tokens."""
        message = self.messages[i]
        if list(texts) == message.texts():
            return
        fewer = sum(self._count(text) for text in message.texts()) - sum(self._count(text) for text in texts)
        if fewer > 0:
            self.messages[i] = message.with_texts(texts, message.tokens - fewer)
            self.account.note(step, "applied", tokens=fewer, message=message.position)

    def _count(self, text: str) -> int:
        return count_text(self._model, text)
