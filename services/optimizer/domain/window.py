"""How much of a conversation is sent: the last messages and what they hang on, tool calls and their results together."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.optimizer.domain.agents import answers_command
from services.optimizer.domain.anchors import anchors
from services.optimizer.domain.conversation import Message


@dataclass(frozen=True, slots=True)
class Cut:
    """What a cut leaves out.

    `index` counts the leading non-system messages before the cut; `dropped` are the positions of those that go, in the
    whole list (what the conversation hangs on and what carries a cache mark stay); `settled` are the non-system positions
    that were behind the cut when it was made.
    """

    index: int
    dropped: tuple[int, ...]
    settled: tuple[int, ...]


def duplicate_instructions(messages: Sequence[Message]) -> tuple[int, ...]:
    """Positions of system messages that say, to the letter, what the one before them said in the same role: a developer's
    words never stand for the system's. Marked and named ones stay.

    Where another stands between, the second copy puts the first in force again, or is an example.
    """
    last: tuple[str, ...] = ()
    repeated = []
    for i, message in enumerate(messages):
        texts = (message.role, *message.texts())
        if message.is_system and len(texts) > 1:
            plain = isinstance(message.data["content"], str) and "name" not in message.data
            if texts == last and plain and not message.unchangeable:
                repeated.append(i)
            last = texts
    return tuple(repeated)


def newest_index(messages: Sequence[Message], window: int) -> int:
    """Where a cut falls that keeps the last `window` non-system messages, and with them the call of a tool's results."""
    turns = [message for message in messages if not message.is_system]
    return _moved_back(_group_starts(turns), max(len(turns) - window, 0))


def cut(messages: Sequence[Message], window: int, index: int, *, tools: bool = False) -> Cut | None:
    """Leave out the first `index` non-system messages but for what the others hang on. None where nothing would go.

    A cut never falls between a tool call and its results: it moves back to the call.
    """
    places = [i for i, message in enumerate(messages) if not message.is_system]
    turns = [messages[i] for i in places]
    starts = _group_starts(turns)
    index = _moved_back(starts, min(index, len(turns)))
    staying = anchors(turns, index, window, tools=tools) | {at for at, turn in enumerate(turns) if turn.stays}
    staying |= _opened(turns, min(staying | {index}))
    kept = {starts[at] for at in staying}
    dropped = tuple(places[at] for at in range(index) if starts[at] not in kept)
    if not dropped:
        return None
    return Cut(index=index, dropped=dropped, settled=tuple(places[index : index + window]))


def _opened(turns: Sequence[Message], first: int) -> set[int]:
    """The user's turn that the first one to stay answers, where that is an answer: nobody begins with one."""
    if first >= len(turns) or turns[first].role == "user":
        return set()
    return set([at for at in range(first) if turns[at].role == "user"][-1:])


def _moved_back(starts: Sequence[int], index: int) -> int:
    while 0 < index < len(starts) and starts[index] != index:
        index -= 1
    return index


def _group_starts(turns: Sequence[Message]) -> list[int]:
    """For each turn, where its group begins: a call and the results behind it are one group, in text too."""
    starts: list[int] = []
    for at, turn in enumerate(turns):
        joined = joins(turns[at - 1] if at > 0 else None, turn) if turn.joins is None else turn.joins
        starts.append(starts[at - 1] if joined else at)
    return starts


def joins(previous: Message | None, turn: Message) -> bool:
    """Whether a turn belongs to the group of the one before it (None: there is none)."""
    if previous is None:
        return False
    answers = turn.is_tool_result and (previous.is_tool_result or previous.calls_tools)
    return answers or answers_command((previous, turn), 1)
