"""How much of a conversation is sent: the last messages, tool calls and their results together."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.optimizer.domain.conversation import Message, last_user


@dataclass(frozen=True, slots=True)
class Cut:
    """What a cut leaves out.

    `index` counts the leading non-system messages before the cut; `dropped` are the positions of those that go, in the
    whole list (the turn to be answered and what carries a cache mark stay); `settled` are the non-system positions that
    were behind the cut when it was made.
    """

    index: int
    dropped: tuple[int, ...]
    settled: tuple[int, ...]


def duplicate_instructions(messages: Sequence[Message]) -> tuple[int, ...]:
    """Positions of system messages that say, blanks aside, what an earlier one said. Marked ones stay."""
    seen: set[tuple[str, ...]] = set()
    repeated = []
    for i, message in enumerate(messages):
        texts = tuple(" ".join(text.split()) for text in message.texts())
        if message.is_system and texts:
            if texts in seen and not message.marked and isinstance(message.data["content"], str):
                repeated.append(i)
            seen.add(texts)
    return tuple(repeated)


def newest_index(messages: Sequence[Message], window: int) -> int:
    """Where a cut falls that keeps the last `window` non-system messages, and with them the call of a tool's results."""
    turns = [i for i, message in enumerate(messages) if not message.is_system]
    index = max(len(turns) - window, 0)
    starts = _group_starts(messages, turns)
    while index > 0 and starts[index] != index:
        index -= 1
    return index


def cut(messages: Sequence[Message], window: int, index: int) -> Cut | None:
    """Leave out the first `index` non-system messages. None where nothing would go.

    A cut never falls between a tool call and its results: it moves back to the call.
    """
    turns = [i for i, message in enumerate(messages) if not message.is_system]
    starts = _group_starts(messages, turns)
    while 0 < index < len(turns) and starts[index] != index:
        index -= 1
    asked = last_user(messages)
    kept = {starts[at] for at, i in enumerate(turns) if messages[i].marked or i == asked}
    dropped = tuple(turns[at] for at in range(min(index, len(turns))) if starts[at] not in kept)
    if not dropped:
        return None
    return Cut(index=index, dropped=dropped, settled=tuple(turns[index : index + window]))


def _group_starts(messages: Sequence[Message], turns: Sequence[int]) -> list[int]:
    """For each non-system message, where its group begins: a call and the results behind it are one group."""
    starts: list[int] = []
    for at, i in enumerate(turns):
        follows = messages[i].is_tool_result and at > 0
        previous = messages[turns[at - 1]] if follows else None
        joined = previous is not None and (previous.is_tool_result or previous.calls_tools)
        starts.append(starts[at - 1] if joined else at)
    return starts
