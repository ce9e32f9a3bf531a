"""A streamed answer, event by event, in no provider's format."""

from collections.abc import Iterable, Sequence
from typing import Literal, Protocol

import msgspec
from msgspec import Raw

from services.gateway.domain.attempts import Failure
from services.gateway.formats.blocks import (
    Answer,
    Block,
    Call,
    CallKind,
    Citation,
    Native,
    Reasoning,
    StopReason,
    Text,
    Usage,
)

BlockKind = Literal["text", "refusal", "reasoning", "call"]


class Start(msgspec.Struct, frozen=True):
    """The provider has begun to answer. `usage` is what it has counted so far."""

    model: str
    id: str = ""
    usage: Usage | None = None


class Open(msgspec.Struct, frozen=True):
    """A block begins. `index` is unique in the stream; `id` and `name` are a call's. `returns` False: reasoning that its provider never
    takes back.
    """

    index: int
    kind: BlockKind
    id: str = ""
    name: str = ""
    call: CallKind = "function"
    namespace: str = ""
    returns: bool = True


class TextPiece(msgspec.Struct, frozen=True):
    """More of a text, of a refusal or of reasoning. `section` numbers the parts of a reasoning summary."""

    index: int
    text: str
    section: int = 0


class ArgumentPiece(msgspec.Struct, frozen=True):
    """More of a call's arguments, as JSON text."""

    index: int
    json: str


class Seal(msgspec.Struct, frozen=True):
    """The reasoning of a block as its provider takes it back. On a call: a signature that belongs to it."""

    index: int
    native: Native


class Cite(msgspec.Struct, frozen=True):
    """A source of a text."""

    index: int
    citation: Citation


class Close(msgspec.Struct, frozen=True):
    """A block is complete; `cut`: it ended before it was."""

    index: int
    cut: bool = False


class Count(msgspec.Struct, frozen=True):
    """Tokens so far; the last one counts."""

    usage: Usage


class Stop(msgspec.Struct, frozen=True):
    """The answer is over."""

    reason: StopReason
    sequence: str | None = None
    explanation: str | None = None
    native: str | None = None
    tier: str | None = None


class Fail(msgspec.Struct, frozen=True):
    """The provider failed; nothing comes after it."""

    failure: Failure


Delta = Start | Open | TextPiece | ArgumentPiece | Seal | Cite | Close | Count | Stop | Fail


class StreamReader(Protocol):
    """Reads a provider's stream. Neither method raises: a failure is the last delta, after whatever came before it."""

    def feed(self, piece: bytes) -> list[Delta]:
        """The deltas that these bytes complete."""
        ...

    def end(self) -> list[Delta]:
        """What is left once the connection has closed: `Fail` "truncated" where the answer was not over."""
        ...


class StreamWriter(Protocol):
    """Writes a client's stream."""

    def write(self, delta: Delta) -> bytes:
        """The client's bytes for a delta; empty where it has none."""
        ...


def begun(deltas: Iterable[Delta]) -> bool:
    """Whether there is more than a sign of life, so that no other provider can answer instead."""
    return any(not isinstance(delta, Start | Count | Fail) for delta in deltas)


def pieces_of(answer: Answer) -> list[Delta]:
    """A whole answer as a stream of deltas."""
    out: list[Delta] = [Start(model=answer.model, id=answer.id, usage=answer.usage)]
    for index, block in enumerate(answer.blocks):
        out += _block(index, block)
    if answer.usage is not None:
        out.append(Count(answer.usage))
    stop = Stop(answer.stop, answer.stop_sequence, answer.explanation, answer.native_stop, answer.tier)
    return [*out, stop]


def _block(index: int, block: Block) -> list[Delta]:
    match block:
        case Text():
            kind: BlockKind = "refusal" if block.refusal else "text"
            piece = [TextPiece(index, block.text)] if block.text else []
            return [Open(index, kind), *piece, *(Cite(index, one) for one in block.citations), Close(index)]
        case Reasoning():
            said = [TextPiece(index, block.text)] if block.text else []
            seal = [Seal(index, block.native)] if block.native is not None else []
            return [Open(index, "reasoning"), *said, *seal, Close(index)]
        case Call():
            opened = Open(index, "call", block.id, block.name, block.kind, block.namespace)
            signed = [Seal(index, block.native)] if block.native is not None else []
            return [opened, *signed, ArgumentPiece(index, bytes(block.arguments).decode()), Close(index)]
    return []


class _Part:
    """One block in the making."""

    def __init__(self, opened: Open) -> None:
        self.opened = opened
        self.texts: list[str] = []
        self.section = 0
        self.native: Native | None = None
        self.citations: list[Citation] = []

    def block(self) -> Block:
        text = "".join(self.texts)
        match self.opened.kind:
            case "text" | "refusal":
                return Text(text=text, refusal=self.opened.kind == "refusal", citations=tuple(self.citations))
            case "reasoning":
                return Reasoning(text=text, native=self.native)
            case _:
                return Call(
                    id=self.opened.id,
                    name=self.opened.name,
                    arguments=Raw((text or "{}").encode()),
                    kind=self.opened.call,
                    namespace=self.opened.namespace,
                    native=self.native,
                )


class Collector:
    """Puts a stream together. `answer` is there once it is over."""

    def __init__(self) -> None:
        self.answer: Answer | None = None
        self._start = Start("")
        self._parts: dict[int, _Part] = {}
        self._usage: Usage | None = None

    def add(self, delta: Delta) -> None:
        """Take in one delta."""
        match delta:
            case Start():
                self._start = delta
                self._usage = delta.usage or self._usage
            case Open():
                self._parts[delta.index] = _Part(delta)
            case TextPiece(index=index, text=text, section=section):
                part = self._parts[index]
                if section != part.section and part.texts:
                    text = "\n\n" + text
                part.section = section
                part.texts.append(text)
            case ArgumentPiece(index=index, json=json):
                self._parts[index].texts.append(json)
            case Seal(index=index, native=native):
                self._parts[index].native = native
            case Cite(index=index, citation=citation):
                self._parts[index].citations.append(citation)
            case Count(usage=usage):
                self._usage = usage
            case Stop():
                self.answer = Answer(
                    id=self._start.id,
                    model=self._start.model,
                    blocks=tuple(part.block() for part in self._parts.values()),
                    stop=delta.reason,
                    stop_sequence=delta.sequence,
                    explanation=delta.explanation,
                    native_stop=delta.native,
                    usage=self._usage,
                    tier=delta.tier,
                )
            case Close() | Fail():
                pass


def collect(deltas: Iterable[Delta]) -> Answer:
    """The answer that deltas make. Raises their `Failure`, and one of kind "truncated" where they do not come to an end."""
    collector = Collector()
    for delta in deltas:
        if isinstance(delta, Fail):
            raise delta.failure
        collector.add(delta)
    if collector.answer is None:
        raise Failure("truncated", "The answer broke off.")
    return collector.answer


def read_whole(reader: StreamReader, data: bytes) -> Answer:
    """What a stream that has been collected says."""
    return collect([*reader.feed(data), *reader.end()])


class InTurn:
    """Gives one block after the other: what comes of another block waits until the open one is complete."""

    def __init__(self) -> None:
        self._open: int | None = None
        self._waiting: dict[int, list[Delta]] = {}
        self._closed: set[int] = set()

    def take(self, deltas: Sequence[Delta]) -> list[Delta]:
        """The same deltas, as far as it is their turn."""
        out: list[Delta] = []
        for delta in deltas:
            match delta:
                case Open(index=index) | TextPiece(index=index) | ArgumentPiece(index=index):
                    self._place(index, delta, out)
                case Seal(index=index) | Cite(index=index) | Close(index=index):
                    self._place(index, delta, out)
                case Stop() | Fail():
                    out += self._rest()
                    out.append(delta)
                case _:
                    out.append(delta)
        return out

    def _place(self, index: int, delta: Delta, out: list[Delta]) -> None:
        if index in self._closed:
            if isinstance(delta, Seal):  # a signature that came after its call
                out.append(delta)
            return
        if self._open not in (None, index):
            self._waiting.setdefault(index, []).append(delta)
            return
        self._open = index
        out.append(delta)
        while isinstance(delta, Close):
            self._closed.add(delta.index)
            self._open = None
            if not self._waiting:
                return
            self._open = next(iter(self._waiting))
            held = self._waiting.pop(self._open)
            out += held
            delta = held[-1]

    def _rest(self) -> list[Delta]:
        out: list[Delta] = [] if self._open is None else [Close(self._open, cut=True)]
        for index, held in self._waiting.items():
            out += held if isinstance(held[-1], Close) else [*held, Close(index, cut=True)]
        self._open, self._waiting = None, {}
        return out
