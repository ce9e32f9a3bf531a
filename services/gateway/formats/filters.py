"""Changes to a stream of deltas that do not depend on the provider nor on the client."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from services.gateway.domain.turns import Kept
from services.gateway.formats.blocks import Answer, Usage
from services.gateway.formats.deltas import (
    ArgumentPiece,
    Close,
    Count,
    Delta,
    Fail,
    InTurn,
    Open,
    Seal,
    Start,
    Stop,
    StreamReader,
    TextPiece,
    collect,
    pieces_of,
)
from services.gateway.formats.tool_names import ToolName

_CHARACTERS_PER_TOKEN = 4


class ClientNames:
    """Gives calls the names under which the client knows its tools."""

    def __init__(self, back: Mapping[str, ToolName]) -> None:
        self._back = back

    def take(self, deltas: Sequence[Delta]) -> list[Delta]:
        """The same deltas, with the client's names."""
        if not self._back:
            return list(deltas)
        return [self._renamed(delta) if isinstance(delta, Open) else delta for delta in deltas]

    def _renamed(self, opened: Open) -> Open:
        tool = self._back.get(opened.name) if opened.kind == "call" else None
        if tool is None:
            return opened
        return Open(opened.index, "call", opened.id, tool.name, tool.kind, tool.namespace)


class StopSequences:
    """Ends an answer before the first of the sequences, for providers that do not take them. `reached`: nothing more is wanted of
    the provider.
    """

    def __init__(self, sequences: Iterable[str]) -> None:
        self.reached = False
        self._sequences = tuple(sequence for sequence in sequences if sequence)
        self._longest = max(map(len, self._sequences), default=0)
        self._held: dict[int, str] = {}
        self._open: dict[int, Open] = {}
        self._characters = 0
        self._usage: Usage | None = None

    def take(self, deltas: Sequence[Delta]) -> list[Delta]:
        """The same deltas up to the first sequence. So many characters are held back as may begin one."""
        if not self._longest:
            return list(deltas)
        out: list[Delta] = []
        for delta in deltas:
            if self.reached:
                break
            self._take(delta, out)
        return out

    def _take(self, delta: Delta, out: list[Delta]) -> None:
        match delta:
            case Start(usage=usage) | Count(usage=usage):
                self._usage = usage or self._usage
            case Open(index=index):
                self._open[index] = delta
            case TextPiece(index=index, text=text) if self._open[index].kind == "text":
                self._text(index, self._held.pop(index, "") + text, out)
                return
            case ArgumentPiece(json=json):
                self._characters += len(json)
            case Close(index=index):
                self._open.pop(index, None)
                if held := self._held.pop(index, ""):
                    out.append(TextPiece(index, held))
            case Stop() | Fail():
                out += [TextPiece(index, held) for index, held in self._held.items() if held]
            case _:
                pass
        out.append(delta)

    def _text(self, index: int, text: str, out: list[Delta]) -> None:
        places = [(place, sequence) for sequence in self._sequences if (place := text.find(sequence)) >= 0]
        if not places:
            keep = len(text) - self._begun(text)
            if keep:
                out.append(TextPiece(index, text[:keep]))
                self._characters += keep
            if text[keep:]:
                self._held[index] = text[keep:]
            return
        place, sequence = min(places, key=lambda found: (found[0], -len(found[1])))
        if place:
            out.append(TextPiece(index, text[:place]))
        self._characters += place
        out += [Close(open_index) for open_index in self._open]
        out += [Count(self._counted()), Stop("stop_sequence", sequence)]
        self.reached = True

    def _begun(self, text: str) -> int:
        """How many characters at the end may be the beginning of a sequence."""
        for length in range(min(self._longest - 1, len(text)), 0, -1):
            if any(sequence.startswith(text[-length:]) for sequence in self._sequences if len(sequence) > length):
                return length
        return 0

    def _counted(self) -> Usage:
        """What was counted before, with the output estimated: the provider was cut off before it could count."""
        output = max(1, self._characters // _CHARACTERS_PER_TOKEN)
        return msgspec.structs.replace(self._usage or Usage(), output=output, reasoning=0, estimated=True)


class Recall:
    """Keeps what has to come back with the results of an answer's tool calls, where the client's format has no place for it."""

    def __init__(self, model: str) -> None:
        self.kept: dict[str, Kept] = {}
        self._model = model
        self._blocks: list[dict[str, Any]] = []
        self._signature: str | None = None
        self._calls: dict[int, str] = {}

    def take(self, deltas: Sequence[Delta]) -> None:
        """Look at deltas that go by."""
        for delta in deltas:
            match delta:
                case Open(kind="call", index=index, id=identity):
                    self._calls[index] = identity
                    kept = Kept(served_model=self._model, blocks=self._blocks, signature=self._signature)
                    self.kept[identity] = kept
                    self._signature = None
                case Seal(index=index, native=native) if native.kind == "signature":
                    if index in self._calls:
                        identity = self._calls[index]
                        kept = msgspec.structs.replace(self.kept[identity], signature=native.payload)
                        self.kept[identity] = kept
                    else:
                        self._signature = native.payload
                case Seal(native=native):
                    self._blocks = [*self._blocks, msgspec.json.decode(native.payload)]
                case _:
                    pass


class ClientDeltas:
    """A provider's stream as the client's writer takes it: its own names, one block after the other, cut where it asked for it."""

    def __init__(
        self, reader: StreamReader, *, model: str, back: Mapping[str, ToolName] | None = None, stop: Iterable[str] = ()
    ) -> None:
        self._reader = reader
        self._names = ClientNames(back or {})
        self._stop = StopSequences(stop)
        self._turn = InTurn()
        self._recall = Recall(model)

    @property
    def reached_stop(self) -> bool:
        """Whether the answer was ended here, so that the provider's stream is to be closed."""
        return self._stop.reached

    @property
    def kept(self) -> dict[str, Kept]:
        """What to keep of the tool calls so far, by their id."""
        return self._recall.kept

    def feed(self, piece: bytes) -> list[Delta]:
        """The deltas that these bytes complete."""
        return self._take(self._reader.feed(piece))

    def end(self) -> list[Delta]:
        """What is left once the connection has closed."""
        return [] if self._stop.reached else self._take(self._reader.end())

    def _take(self, deltas: list[Delta]) -> list[Delta]:
        found = self._turn.take(self._stop.take(self._names.take(deltas)))
        self._recall.take(found)
        return found


def client_answer(
    answer: Answer, *, back: Mapping[str, ToolName] | None = None, stop: Iterable[str] = ()
) -> tuple[Answer, dict[str, Kept]]:
    """A whole answer with the client's names, cut where it asked for it; and what to keep of its calls."""
    deltas = StopSequences(stop).take(ClientNames(back or {}).take(pieces_of(answer)))
    recall = Recall(answer.model)
    recall.take(deltas)
    return msgspec.structs.replace(collect(deltas), usage=_usage(deltas, answer)), recall.kept


def _usage(deltas: Sequence[Delta], answer: Answer) -> Usage | None:
    """A whole answer was counted in full, whatever of it was cut off."""
    return answer.usage
