"""What every build for another surface than the client's own has to do first: refuse, leave out and report, put in order."""

from collections.abc import Callable, Iterable, Iterator

import msgspec

from libs.common.errors import BadRequest
from services.gateway.formats.blocks import (
    Ask,
    Block,
    Call,
    Hosted,
    Media,
    Reasoning,
    Result,
    Text,
    Tool,
    Turn,
    Unknown,
)
from services.gateway.formats.json_fields import rejected

_NO_RESULT = "no result"
NOTE = "<system-note>\n{}\n</system-note>"


class Plain(msgspec.Struct, frozen=True, kw_only=True):
    """A request that another surface can be given: instructions, turns and tools, without what only the client's own carries.

    `dropped` names fields that were left out.
    """

    system: tuple[Text, ...]
    turns: tuple[Turn, ...]
    tools: tuple[Tool, ...]
    dropped: tuple[str, ...]


def plain(ask: Ask) -> Plain:
    """The request without what only its own surface carries. `BadRequest` names a field that cannot be left out."""
    dropped: list[str] = []
    if ask.problems:
        raise BadRequest(ask.problems[0])
    for note in ask.notes:
        if note.refused is not None:
            raise rejected(note.field, note.refused)
        dropped.append(note.field)
    paired = answered(ask.turns) if ask.origin == "generate" else ask.turns
    turns = [_plain(turn, dropped) for turn in paired]
    leading = 0
    while leading < len(turns) and turns[leading].role == "system":
        leading += 1
    early = [block for turn in turns[:leading] for block in turn.blocks]
    system = [block for block in _known(ask.system, dropped) if isinstance(block, Text)]
    return Plain(
        system=(*system, *(block for block in early if isinstance(block, Text))),
        turns=tuple(turn for turn in turns[leading:] if turn.blocks),
        tools=tuple(_tools(ask, dropped)),
        dropped=tuple(dict.fromkeys(dropped)),
    )


def calls(turns: Iterable[Turn]) -> Iterator[Call]:
    """All tool calls of a conversation, in order."""
    return (block for turn in turns for block in turn.blocks if isinstance(block, Call))


def results_first(turns: Iterable[Turn]) -> list[Turn]:
    """Turns of one role together, and a user's results before what else the user says."""
    return [_results_first(turn) for turn in together(turns, lambda before, turn: before.role == turn.role)]


def together(turns: Iterable[Turn], same: Callable[[Turn, Turn], bool]) -> list[Turn]:
    """Turns as one turn where each of them is the `same` as the one before it."""
    groups: list[list[Turn]] = []
    for turn in turns:
        if groups and same(groups[-1][-1], turn):
            groups[-1].append(turn)
        else:
            groups.append([turn])
    return [
        group[0]
        if len(group) == 1
        else msgspec.structs.replace(group[0], blocks=tuple(block for turn in group for block in turn.blocks))
        for group in groups
    ]


def with_notes(turns: Iterable[Turn]) -> list[Turn]:
    """Instructions in the middle of a conversation as marked text of the user's, for models that take none there."""
    out: list[Turn] = []
    for turn in turns:
        if turn.role != "system":
            out.append(turn)
            continue
        said = "\n\n".join(block.text for block in turn.blocks if isinstance(block, Text))
        out.append(Turn(role="user", blocks=(Text(text=NOTE.format(said)),)))
    # Nothing may stand between a call and its result: a note that did comes after the results.
    return results_first(out)


def answered(turns: Iterable[Turn]) -> tuple[Turn, ...]:
    """Turns in which every call has its result in the turn that follows it, and every result its call."""
    out: list[Turn] = []
    waiting: list[Call] = []
    for turn in turns:
        if turn.role == "assistant" and not waiting:
            waiting = [block for block in turn.blocks if isinstance(block, Call)]
            out.append(turn)
            continue
        names = {call.id for call in waiting}
        blocks: list[Block] = []
        for block in turn.blocks:
            if isinstance(block, Result) and block.id in names:
                names.discard(block.id)
                blocks.append(block)
            elif isinstance(block, Result):
                blocks += block.parts
            else:
                blocks.append(block)
        missing = [_without_result(call) for call in waiting if call.id in names]
        if turn.role == "assistant":
            out += [Turn(role="user", blocks=tuple(missing)), turn]
            waiting = [block for block in turn.blocks if isinstance(block, Call)]
        else:
            out.append(Turn(role=turn.role, blocks=(*missing, *blocks), rest=turn.rest, bare=turn.bare))
            waiting = []
    if waiting:
        out.append(Turn(role="user", blocks=tuple(map(_without_result, waiting))))
    return tuple(out)


def _without_result(call: Call) -> Result:
    return Result(id=call.id, name=call.name, parts=(Text(text=_NO_RESULT),), error=True)


def error_text(result: Result) -> str:
    """The text of a result, marked as a failure where it does not say so itself."""
    said = "\n".join(block.text for block in result.parts if isinstance(block, Text))
    return f"[error] {said}".strip() if result.error and "error" not in said.lower() else said


def _results_first(turn: Turn) -> Turn:
    if turn.role != "user":
        return turn
    return msgspec.structs.replace(turn, blocks=tuple(sorted(turn.blocks, key=_after_results)))


def _after_results(block: Block) -> bool:
    return not isinstance(block, Result)


def _plain(turn: Turn, dropped: list[str]) -> Turn:
    return Turn(role=turn.role, blocks=tuple(_known(turn.blocks, dropped)))


def _known(blocks: Iterable[Block], dropped: list[str]) -> Iterator[Block]:
    for block in blocks:
        match block:
            case Text(internal=True) | Text(text=""):
                continue
            case Unknown():
                raise rejected(block.field, f"is of type {block.type!r}, which this provider has no form for.")
            case Media() if block.file_id:
                raise rejected(block.field, "is a file that only another provider has: send its data instead.")
            case Hosted():
                dropped.append(block.type)
                if block.digest:
                    yield Text(text=block.digest)
            case Result():
                yield msgspec.structs.replace(block, parts=tuple(_known(block.parts, dropped)))
            case Reasoning() if block.native is None:
                continue
            case _:
                yield block


def _tools(ask: Ask, dropped: list[str]) -> Iterator[Tool]:
    others = [tool for tool in ask.tools if tool.kind != "hosted"]
    for tool in ask.tools:
        if tool.kind != "hosted":
            yield tool
            continue
        forced = ask.choice.mode == "tool" and ask.choice.name in (tool.name, tool.type)
        if tool.only_here or not others or forced:
            why = (
                "can be run by the client's own provider only" if tool.only_here else "is run by another provider, and"
            )
            more = "." if tool.only_here else " this request needs it."
            raise rejected(tool.field, f"is of type {tool.type!r}: it {why}{more}")
        dropped.append(tool.type)
