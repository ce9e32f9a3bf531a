"""The body of a client's request with shorter texts: those of its strings are replaced that say something else, messages that are left
out are taken out of their list, and every other byte stays as it came.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import msgspec
from msgspec import Raw

from libs.common.contracts.base import DECODE_ERRORS
from services.gateway.formats.blocks import Ask, Block, Call, Hosted, Media, Reasoning, Result, Text, Turn, Unknown
from services.gateway.formats.envelope import Envelope
from services.gateway.formats.json_fields import bare
from services.gateway.formats.located import Located, Span
from services.gateway.providers.compatible.chat import Shown

# A signature on a part binds it to what its model has thought.
_SIGNED = (b'"thoughtSignature"', b'"thought_signature"')
_BOUND = ("item_reference", "compaction", "continued")
_INSTRUCTIONS = {"messages": "system", "generate": "systemInstruction"}
_messages = msgspec.json.Decoder(list[dict[str, Any]])

Message = dict[str, Any]
Change = tuple[Span, bytes]


class ShortenedBody:
    """See `OwnFormat`. Made of a request, the messages that show it, and the head that both were read from.

    Held is what stands before or at the client's last mark for the provider's cache; what only the client's format or one provider
    understands, and what it belongs to: reasoning, signatures, hosted tools, unknown blocks; and turns that bring results and words.
    Fixed are instructions in the middle of a conversation, and whatever is no string of the body by itself.
    """

    def __init__(self, ask: Ask, shown: Sequence[Shown], envelope: Envelope) -> None:
        self._surface = ask.origin
        self._located = Located(envelope.raw)
        self._shown = [message for message, _ in shown]
        self._blocks = [blocks for _, blocks in shown]
        self._turns = ask.turns
        self._instructions = ask.system
        turn_of = {id(block): at for at, turn in enumerate(ask.turns) for block in _with_parts(turn.blocks)}
        self._turns_of = [sorted({turn_of[id(b)] for b in blocks if id(b) in turn_of}) for blocks in self._blocks]
        self.whole = any(flag.startswith("bound:") or flag in _BOUND for flag in envelope.flags)
        self.marked = self._last_mark() + 1
        self.held = tuple(self._held())
        self._stay = frozenset(self.held)
        # For each message the fields of its texts; None where they are not its to change.
        self._fields = [self._texts(at) for at in range(len(self._shown))]
        self.fixed = tuple(at for at, fields in enumerate(self._fields) if fields is None)

    def body(self, messages: Raw, positions: Sequence[int]) -> bytes | None:
        """The body with what these messages say; see `OwnFormat`."""
        try:
            put = _messages.decode(messages)
            if len(put) != len(positions) or not self._is_valid(put, positions):
                return None
            return self._located.replaced(self._changes(put, positions))
        except (_NoForm, *DECODE_ERRORS):
            return None

    # What is whose.

    def _held(self) -> Iterator[int]:
        bound = {at for at, turn in enumerate(self._turns) if any(map(_is_bound, turn.blocks))}
        # Reasoning that is an item of its own goes with the item behind it.
        bound |= {at + 1 for at in bound if not any(map(_is_shown, self._turns[at].blocks))}
        bound |= {at for at, turn in enumerate(self._turns) if _is_mixed(turn)}
        for at, turns in enumerate(self._turns_of):
            if at < self.marked or not bound.isdisjoint(turns):
                yield at

    def _last_mark(self) -> int:
        """The last message that stands before or at a mark; -1: there is none."""
        marked = max((at for at, turn in enumerate(self._turns) if _is_marked(turn.blocks)), default=-1)
        found = max((at for at, turns in enumerate(self._turns_of) if turns and turns[0] <= marked), default=-1)
        if found < 0 and _is_marked(self._instructions) and self._shown and not self._turns_of[0]:
            return 0
        return found

    def _texts(self, at: int) -> tuple[str, ...] | None:
        message, turns = self._shown[at], self._turns_of[at]
        if at in self._stay or message["role"] == "assistant" or (message["role"] == "system" and turns):
            return None
        texts = [block for block in _with_parts(self._blocks[at]) if isinstance(block, Text)]
        said = _said(message)
        if [text.text for text in texts] != said:
            return None
        fields = tuple(text.field for text in texts)
        found = [self._located.string(field) if field else None for field in fields]
        return fields if found == said else None

    # What changes.

    def _is_valid(self, put: Sequence[Message], positions: Sequence[int]) -> bool:
        """Whether what is left is a conversation in every format: nobody begins with an answer, and nobody calls a tool right behind
        an answer, unless the client's own did.
        """
        turns = [(message, at) for message, at in zip(put, positions, strict=True) if message["role"] != "system"]
        if not turns or (turns[0][0]["role"] != "user" and turns[0][1] != self._first_turn()):
            return False
        for (before, place), (message, at) in pairwise(turns):
            behind_an_answer = before["role"] == "assistant" and bool(message.get("tool_calls"))
            if behind_an_answer and at != place + 1:
                return False
        return positions[-1] == len(self._shown) - 1

    def _first_turn(self) -> int:
        return next((at for at, message in enumerate(self._shown) if message["role"] != "system"), -1)

    def _changes(self, put: Sequence[Message], positions: Sequence[int]) -> list[Change]:
        stay = {at for at in positions if at >= 0}
        changes = list(self._left_out(stay))
        for number, (message, at) in enumerate(zip(put, positions, strict=True)):
            if at >= 0:
                if message != self._shown[at]:
                    changes += self._changed(at, message)
            elif message["role"] == "system" and self._surface in _INSTRUCTIONS:
                changes.append(self._instructed(message["content"]))
            else:
                changes.append(self._inserted(message, next(place for place in positions[number:] if place >= 0)))
        return changes

    def _left_out(self, stay: set[int]) -> Iterator[Change]:
        """The turns that nothing stays of, each with the comma behind it."""
        kept = {turn for at in stay for turn in self._turns_of[at]}
        for at in range(len(self._shown)):
            if at in stay:
                continue
            if at in self._stay or not kept.isdisjoint(self._turns_of[at]):
                raise _NoForm
        gone = {turn for turns in self._turns_of for turn in turns} - kept
        for turn in sorted(gone):
            here = self._span(self._turns[turn].field)
            if turn + 1 >= len(self._turns):
                raise _NoForm
            yield (here[0], self._span(self._turns[turn + 1].field)[0]), b""

    def _changed(self, at: int, message: Message) -> Iterator[Change]:
        fields = self._fields[at]
        if fields is None or at in self._stay:
            raise _NoForm
        old, new = self._shown[at]["content"], message["content"]
        if {**message, "content": old} != self._shown[at]:
            raise _NoForm
        if isinstance(new, str):
            if len(fields) != 1:
                raise _NoForm
            yield self._span(fields[0]), msgspec.json.encode(new)
            return
        if isinstance(old, str):
            raise _NoForm
        if len(new) == len(old) + 1:
            new, note = self._noted(at, old, new)
            yield note
        if [part["type"] for part in new] != [part["type"] for part in old]:
            raise _NoForm
        texts = [(before["text"], after["text"]) for before, after in zip(old, new, strict=True) if "text" in before]
        for field, (before, after) in zip(fields, texts, strict=True):
            if before != after:
                yield self._span(field), msgspec.json.encode(after)

    def _noted(self, at: int, old: list[Message], new: list[Message]) -> tuple[list[Message], Change]:
        """The parts without the note that was put before them or behind them, and the note's place."""
        kinds = [part["type"] for part in old]
        equal = [sum(map(_same, old, rest)) for rest in (new[:-1], new[1:])]
        behind = equal[0] >= equal[1] if kinds == [part["type"] for part in new[:-1]] else False
        parts = [field for block in self._blocks[at] if (field := _part_field(block))]
        if len(parts) != len(old):
            raise _NoForm
        note = msgspec.json.encode(_part(self._surface, (new[-1] if behind else new[0])["text"]))
        if behind:
            end = self._span(parts[-1])[1]
            return new[:-1], ((end, end), b"," + note)
        start = self._span(parts[0])[0]
        return new[1:], ((start, start), note + b",")

    def _inserted(self, message: Message, before: int) -> Change:
        """A turn of its own before the message that stood there."""
        if not self._turns_of[before]:
            raise _NoForm
        start = self._span(self._turns[self._turns_of[before][0]].field)[0]
        made = _turn(self._surface, message["role"], message["content"])
        return (start, start), msgspec.json.encode(made) + b","

    def _instructed(self, said: str) -> Change:
        """More instructions: behind the client's own, or in a field of their own where it has none."""
        name = _INSTRUCTIONS[self._surface]
        part = msgspec.json.encode(_part(self._surface, said))
        own = self._located.span(name)
        if own is None:
            content = part if self._surface == "messages" else b""
            value = b"[" + content + b"]" if self._surface == "messages" else b'{"parts":[' + part + b"]}"
            first = self._located.text.index(b"{") + 1
            return (first, first), msgspec.json.encode(name) + b":" + value + b","
        last = next((block.field for block in reversed(self._instructions) if isinstance(block, Text)), "")
        if not last.endswith("].text") or bare(self._located.text[slice(*own)]):
            raise _NoForm
        end = self._span(last.removesuffix(".text"))[1]
        return (end, end), b"," + part

    def _span(self, field: str) -> Span:
        found = self._located.span(field) if field else None
        if found is None:
            raise _NoForm
        return found


class _NoForm(Exception):
    """The client's format has no form for a change."""


def _with_parts(blocks: Iterable[Block]) -> Iterator[Block]:
    for block in blocks:
        yield block
        if isinstance(block, Result):
            yield from block.parts


def _is_shown(block: Block) -> bool:
    return isinstance(block, Call | Result | Media) or (isinstance(block, Text) and not block.internal)


def _is_bound(block: Block) -> bool:
    """Whether a block is more than words, calls and results that any model could have said."""
    if isinstance(block, Reasoning | Hosted | Unknown) or not _is_shown(block):
        return True
    if isinstance(block, Call) and (block.sealed or block.native is not None):
        return True
    return block.raw is not None and any(mark in bytes(block.raw) for mark in _SIGNED)


def _is_mixed(turn: Turn) -> bool:
    results = [block for block in turn.blocks if isinstance(block, Result)]
    pictured = any(isinstance(part, Media) for result in results for part in result.parts)
    return bool(results) and (len(results) < len(turn.blocks) or pictured)


def _is_marked(blocks: Iterable[Block]) -> bool:
    return any(block.cache is not None for block in _with_parts(blocks))


def _said(message: Message) -> list[str]:
    content = message["content"]
    if isinstance(content, str):
        return [content]
    return [part["text"] for part in content or () if part["type"] == "text"]


def _same(before: Message, after: Message) -> bool:
    return before == after


def _part_field(block: Block) -> str:
    """Where the part stands that a block was read from; empty where a block is no part of a list."""
    if isinstance(block, Text) and block.field.endswith("].text"):
        return block.field.removesuffix(".text")
    return block.field if isinstance(block, Media) else ""


def _part(surface: str, said: str) -> Message:
    match surface:
        case "messages":
            return {"type": "text", "text": said}
        case "responses":
            return {"type": "input_text", "text": said}
    return {"text": said}


def _turn(surface: str, role: str, said: str) -> Message:
    if surface == "generate":
        return {"role": "model" if role == "assistant" else role, "parts": [{"text": said}]}
    return {"role": role, "content": said}
