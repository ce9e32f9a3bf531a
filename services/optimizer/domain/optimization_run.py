"""The messages as they stand between two steps, and the account of what the steps did."""

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any, Protocol, TypeVar

from libs.common.tokens import count_message, count_text
from services.optimizer.domain import conversation_summary, results
from services.optimizer.domain.conversation import Message
from services.optimizer.domain.documents import subject
from services.optimizer.domain.extraction import FEWEST_DOCUMENTS, FEWEST_TOKENS, MOST_QUESTIONS, Extracted, left_out
from services.optimizer.domain.plan import Plan
from services.optimizer.domain.rewriting import Rewritten
from services.optimizer.domain.step_log import StepLog
from services.optimizer.domain.window import Cut, cut, duplicate_instructions

T = TypeVar("T")
Rewrite = Callable[[Message, Plan], Rewritten]
_OF_A_MESSAGE = 4  # tokens that a message costs beside its text
_FEWEST_WORDS = 30  # of a turn that is a document


class Documents(Protocol):
    """Leaves out documents that have nothing to do with what was asked: before them or beside them, and since."""

    def extract(self, text: str, before: str | None, since: tuple[str, ...]) -> Extracted:
        """A text that holds documents, without some."""
        ...

    def choose(self, passages: tuple[str, ...], since: tuple[str, ...]) -> set[int] | str:
        """Which of these passages stay, or why all do."""
        ...


class Beginning(Protocol):
    """Remembers what follows from the beginning of a conversation alone."""

    def once(self, count: int, name: str, make: Callable[[], T]) -> T:
        """What `make` finds out about the first `count` messages; under one name it is always the same, whatever stands behind them."""
        ...


class _EveryTime:
    """For whoever has no memory."""

    def once(self, count: int, name: str, make: Callable[[], T]) -> T:
        return make()


EVERY_TIME: Beginning = _EveryTime()


class OptimizationRun:
    """One way of shortening a request, for one place of the cut.

    Whatever depends on later messages (what is old, which turn is the last) is settled when the cut is made: until the
    next cut each request begins with the one before, byte for byte.
    """

    def __init__(
        self,
        messages: Sequence[Message],
        plan: Plan,
        model: str,
        rewrite: Rewrite,
        documents: Documents,
        *,
        tools: bool,
        beginning: Beginning = EVERY_TIME,
    ) -> None:
        self.messages = list(messages)
        self.log = StepLog()
        self.cut: int | None = None
        self._plan = plan
        self._model = model
        self._rewrite = rewrite
        self._documents = documents
        self._tools = tools
        self._beginning = beginning
        self._summary = ""
        self._settled: frozenset[int] = frozenset()

    def apply(self, index: int) -> None:
        """Leave out the first `index` non-system messages but for what the others hang on, then shorten the others.

        What is to be cut short is settled before anything points at it.
        """
        if index > 0 and self._plan.window is not None:
            self._prune(*self._cut(index, self._plan.window))
        masked = self._old_results()
        if self._plan.runs("repeats"):
            self._point_back(masked)
        self._mask(masked)
        if self._plan.runs("extraction"):
            self._extract_each()
        self._rewrite_each(but=masked)
        self._drop_duplicate_instructions()
        if self._summary:
            self._sum_up(self._summary)

    def _cut(self, index: int, window: int) -> tuple[Cut | None, str]:
        """What a cut leaves out, and the values that it names. Until the next cut both stay as they are, whatever else is said."""

        def make() -> tuple[Cut | None, str]:
            made = cut(self.messages, window, index, tools=self._tools)
            return made, self._values(made) if made is not None and self._plan.values_line else ""

        turns = [i for i, message in enumerate(self.messages) if not message.is_system]
        if index + window > len(turns):
            return make()
        behind = turns[index + window - 1] + 1
        if any(message.is_system for message in self.messages[behind:]):
            return make()
        return self._beginning.once(behind, f"{index} {window} {self._tools} {self._plan.values_line}", make)

    def _values(self, made: Cut) -> str:
        gone, settled, last = set(made.dropped), set(made.settled), max(made.dropped)
        # Only what stays until the next cut counts as still there: the note must not change from turn to turn.
        known = [m for i, m in enumerate(self.messages) if i not in gone and (m.is_system or i in settled or i < last)]
        return conversation_summary.values_line([self.messages[i] for i in made.dropped], known)

    def _prune(self, made: Cut | None, values: str) -> None:
        if made is None:
            return
        pruned = self._pruned(made, values)
        saving = sum(m.tokens for m in self.messages) - sum(m.tokens for m in pruned)
        summary = conversation_summary.summary([self.messages[i] for i in made.dropped]) if self._plan.summary else ""
        if saving <= self._count(summary) + _OF_A_MESSAGE * bool(summary):
            self.log.note("window", "not_worth_it", reason="what would stand for the messages is as long as they are")
            return
        self.messages = pruned
        self._summary = summary
        self._settled = frozenset(made.settled)
        self.cut = made.index
        self.log.left_out["messages"] += len(made.dropped)
        self.log.note("window", "applied", tokens=saving, reason=f"{len(made.dropped)} messages left out")

    def _pruned(self, made: Cut, values: str) -> list[Message]:
        """The messages that stay, with what stands for the others."""
        gone = set(made.dropped)
        stay = [(i, message) for i, message in enumerate(self.messages) if i not in gone]
        at = next((n for n, (i, _) in enumerate(stay) if i > made.dropped[0] and not stay[n][1].is_system), len(stay))
        kept = [message for _, message in stay]
        if self._plan.summary:
            return self._noted(kept, f"[{values}]", at) if values else kept
        return self._noted(kept, conversation_summary.left_out(made.dropped, values), at)

    def _noted(self, kept: list[Message], note: str, at: int) -> list[Message]:
        """The note where the messages were, with no more say than a user's turn has: it repeats what users and tools said.

        It joins the user's turn before or behind that place. Between two user's turns it is a message of the assistant's,
        for some templates want the two to take turns.
        """
        turns = [n for n in range(at) if not kept[n].is_system]
        before = turns[-1] if turns else None
        behind = at if at < len(kept) else None
        asked_before = before is not None and kept[before].role == "user"
        asked_behind = behind is not None and kept[behind].role == "user"
        if asked_before and asked_behind:
            return [*kept[:at], self._made({"role": "assistant", "content": note}), *kept[at:]]
        for place, joins, last in ((before, asked_before, True), (behind, asked_behind, False)):
            if place is not None and joins and self._takes_notes(kept[place]):
                return [*kept[:place], self._with_note(kept[place], note, behind=last), *kept[place + 1 :]]
        return [*kept[:at], self._made({"role": "user", "content": note}), *kept[at:]]

    def _sum_up(self, said: str) -> None:
        """The source document's sentence, in the instructions that are there, or in a message at the head where none are:
        some templates refuse a second one, or one that stands elsewhere.
        """
        before = sum(message.tokens for message in self.messages)
        instructions = [n for n, message in enumerate(self.messages) if message.is_system]
        open_ones = [n for n in instructions if self._takes_notes(self.messages[n])]
        if open_ones:
            self.messages[open_ones[0]] = self._with_note(self.messages[open_ones[0]], said, behind=True)
        else:
            # Behind instructions that the client marked for a cache; at the head where there are none.
            at = instructions[-1] + 1 if instructions else 0
            self.messages.insert(at, self._made({"role": "system", "content": said}))
        added = sum(message.tokens for message in self.messages) - before
        self.log.note("window", "applied", tokens=-added, reason="a sentence says how much was left out")

    def _takes_notes(self, message: Message) -> bool:
        content = message.data.get("content")
        return not message.unchangeable and (
            isinstance(content, list) or (isinstance(content, str) and bool(content.strip()))
        )

    def _with_note(self, message: Message, note: str, *, behind: bool) -> Message:
        noted = message.with_note(note, 0, behind=behind)
        return message.with_note(note, count_message(self._model, noted.data), behind=behind)

    def _made(self, data: dict[str, Any]) -> Message:
        return Message(data=data, tokens=count_message(self._model, data), position=-1, as_it_came=False)

    def _old_results(self) -> frozenset[int]:
        """Positions in the request of results to cut short: those that were old when the cut was made."""
        if self._plan.truncation is None or not self._settled:
            return frozenset()
        settled = [i for i, message in enumerate(self.messages) if message.position in self._settled]
        return frozenset(self.messages[i].position for i in self._plan.truncation.old(self.messages, settled))

    def _point_back(self, masked: Collection[int]) -> None:
        cut_short = {i for i, message in enumerate(self.messages) if message.position in masked}
        for i, pointer in results.pointers(self.messages, cut_short).items():
            self._replace(i, [pointer], "repeats")
            self.log.left_out["results"] += 1

    def _mask(self, masked: Collection[int]) -> None:
        truncation = self._plan.truncation
        for i, message in enumerate(self.messages):
            if truncation is not None and message.position in masked:
                self._replace(i, [truncation.truncate(text) for text in message.texts()], "masking")

    def _extract_each(self) -> None:
        """Documents in user's turns; whatever the user asked with them or since decides what may go."""
        self._extract_turns()
        asked = [(i, message) for i, message in enumerate(self.messages) if message.role == "user"]
        for n, (i, message) in enumerate(asked):
            if len(asked) - n - 1 > MOST_QUESTIONS:
                continue
            # A token has a character at least.
            if message.unchangeable or all(len(text) < FEWEST_TOKENS for text in message.texts()):
                continue
            before = asked[n - 1][1].text if n else None
            since = tuple(later.text for _, later in asked[n + 1 :])
            found = [self._documents.extract(text, before, since) for text in message.texts()]
            for one in found:
                if one.gate:
                    self.log.note("extraction", "gated", message=message.position, reason=one.gate)
            self._replace(i, [one.text for one in found], "extraction")

    def _extract_turns(self) -> None:
        """Documents that are a user's turn each, one behind the other, with the question behind them."""
        users = [i for i, message in enumerate(self.messages) if message.role == "user"]
        for start, end in _runs(self.messages):
            run, behind = self.messages[start:end], len(users) - bisect_left(users, end)
            if not 0 < behind <= MOST_QUESTIONS:
                continue
            since = tuple(message.text for message in self.messages[end:] if message.role == "user")
            if any(message.unchangeable for message in run):
                continue
            kept = self._documents.choose(tuple(message.text for message in run), since)
            if isinstance(kept, str):
                self.log.note("extraction", "gated", message=run[0].position, reason=kept)
                continue
            first = min(set(range(len(run))) - kept)
            said = {**run[first].data, "content": left_out(len(run) - len(kept), len(run))}
            stands = replace(
                run[first], data=said, tokens=count_message(self._model, said), as_it_came=False, digest=None
            )
            stay = [stands if n == first else message for n, message in enumerate(run) if n in kept or n == first]
            saving = sum(message.tokens for message in run) - sum(message.tokens for message in stay)
            self.messages[start:end] = stay
            self.log.note("extraction", "applied", tokens=saving, message=run[first].position)
            return

    def _rewrite_each(self, *, but: Collection[int]) -> None:
        for i, message in enumerate(self.messages):
            if message.position in but or message.position < 0:
                continue
            rewritten = self._rewrite(message, self._plan)
            self.log.content.update(rewritten.kinds)
            for done in rewritten.done:
                self.log.note(done.step, done.outcome, tokens=done.tokens, message=message.position, reason=done.reason)
            if rewritten.texts is not None:
                self.messages[i] = message.with_texts(rewritten.texts, message.tokens - rewritten.tokens)

    def _drop_duplicate_instructions(self) -> None:
        if self._plan.runs("instructions"):
            repeated = set(duplicate_instructions(self.messages))
            for i in repeated:
                message = self.messages[i]
                self.log.note("instructions", "applied", tokens=message.tokens, message=message.position)
            self.messages = [message for i, message in enumerate(self.messages) if i not in repeated]

    def _replace(self, i: int, texts: Collection[str], step: str) -> None:
        """Put new texts into a message if that saves tokens."""
        message = self.messages[i]
        if list(texts) == message.texts():
            return
        fewer = sum(self._count(text) for text in message.texts()) - sum(self._count(text) for text in texts)
        if fewer > 0:
            self.messages[i] = message.with_texts(texts, message.tokens - fewer)
            self.log.note(step, "applied", tokens=fewer, message=message.position)

    def _count(self, text: str) -> int:
        return count_text(self._model, text)


def _runs(messages: Sequence[Message]) -> Iterator[tuple[int, int]]:
    """Stretches of user's turns that look like a document each, and are followed by one that does not."""
    start = 0
    for i, message in enumerate((*messages, None)):
        if message is not None and message.role == "user" and _is_document(message.text):
            continue
        if i - start >= FEWEST_DOCUMENTS and message is not None and message.role == "user":
            yield start, i
        start = i + 1


def _is_document(text: str) -> bool:
    return len(text.split()) >= _FEWEST_WORDS and "?" not in text[-1:] and subject(text) != ""
