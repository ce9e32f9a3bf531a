"""Results of tools that came before: a pointer to an earlier copy, and what is cut short once it is old."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from services.optimizer.domain.conversation import Message
from services.optimizer.domain.conversation_summary import find_values
from services.optimizer.domain.kinds import is_json


@dataclass(frozen=True, slots=True)
class ToolResultTruncation:
    """The last `whole` results that the model has not spoken about yet stay; of older ones `head` characters and at most so
    many `values` do.
    """

    whole: int
    head: int
    values: int

    def old(self, messages: Sequence[Message], settled: Sequence[int]) -> list[int]:
        """Which of the settled positions hold results to cut short.

        Only data that an interface answered, which can be asked again: never what may be a file, and never a result that
        another of the settled ones repeats, for that one is to point at it.
        """
        spoken = [i for i in settled if messages[i].role == "assistant" and not messages[i].calls_tools]
        last_spoken = spoken[-1] if spoken else -1
        results = [i for i in settled if messages[i].is_tool_result]
        repeated = _more_than_once([messages[i].text for i in results])
        return [
            i
            for n, i in enumerate(results)
            if (i < last_spoken or n < len(results) - self.whole)
            and not messages[i].unchangeable
            and not messages[i].may_be_a_file
            and messages[i].text not in repeated
            and is_json(messages[i].text)
        ]

    def truncate(self, result: str) -> str:
        """The first characters of a result, then how much is hidden and which values the hidden part holds."""
        head, hidden = result[: self.head], result[self.head :]
        if not hidden:
            return result
        values = [value for value in dict.fromkeys(find_values(hidden)) if value not in head][-self.values :]
        named = f" Values: {' '.join(values)}" if values else ""
        return f"{head} [{len(hidden)} characters hidden.{named}]"


def pointers(messages: Sequence[Message], cut_short: Collection[int]) -> dict[int, str]:
    """For each result that an earlier one equals to the letter, and that stays whole, a sentence that names that call."""
    first: dict[str, Message] = {}
    named: dict[str, str] = {}  # what a call is shown as, and its result: a name of two results points at neither
    found: dict[int, str] = {}
    for i, message in enumerate(messages):
        texts = message.texts()
        if not message.is_tool_result or message.call is None or len(texts) != 1 or i in cut_short:
            continue
        unique = named.setdefault(message.call.shown(), texts[0]) == texts[0]
        earlier = first.setdefault(texts[0], message)
        if not unique:
            named[message.call.shown()] = ""
        if earlier is message or message.unchangeable or earlier.call is None:
            continue
        if named[earlier.call.shown()] != texts[0]:
            continue
        pointer = f"[Same as the earlier result of {earlier.call.shown()}]"
        if 2 * len(pointer) < len(texts[0]):
            found[i] = pointer
    return found


def _more_than_once(texts: Sequence[str]) -> set[str]:
    seen: set[str] = set()
    return {text for text in texts if text in seen or seen.add(text)}  # type: ignore[func-returns-value]
