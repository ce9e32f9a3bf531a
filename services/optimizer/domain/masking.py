"""Old tool results cut short: their beginning and the values in the rest."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.optimizer.domain.conversation import Message
from services.optimizer.domain.notes import find_values


@dataclass(frozen=True, slots=True)
class Masking:
    """The last `whole` results stay; of others `head` characters and at most so many `values` do.

    With `answered`, a result that the model has since spoken about counts as old, however late it came.
    """

    whole: int
    head: int
    values: int
    answered: bool

    def old(self, messages: Sequence[Message], settled: Sequence[int]) -> list[int]:
        """Which of the settled positions hold results to cut short."""
        spoken = [i for i in settled if messages[i].role == "assistant" and not messages[i].calls_tools]
        last_spoken = spoken[-1] if spoken and self.answered else -1
        results = [i for i in settled if messages[i].is_tool_result and not messages[i].marked]
        return [i for n, i in enumerate(results) if i < last_spoken or n < len(results) - self.whole]

    def mask(self, result: str) -> str:
        """The first characters of a result, then how much is hidden and which values the hidden part holds."""
        head, hidden = result[: self.head], result[self.head :]
        if not hidden:
            return result
        values = [value for value in dict.fromkeys(find_values(hidden)) if value not in head][-self.values :]
        named = f" Values: {' '.join(values)}" if values else ""
        return f"{head} [{len(hidden)} characters hidden.{named}]"
