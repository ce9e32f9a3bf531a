"""Answers in the other shape than was asked for: a whole body where a stream should be, a stream for a whole body."""

from typing import Any

import msgspec

from services.gateway.domain.attempts import Failure
from services.gateway.domain.turns import Kept
from services.gateway.translate.dialect import Chunks, Dialect, Whole
from services.gateway.translate.fields import read_list, read_object, whole_text
from services.gateway.translate.openai_answer import read_answer
from services.gateway.translate.openai_replay import chunks_of
from services.gateway.translate.openai_stream import OpenAIStream
from services.gateway.translate.payloads import DONE
from services.gateway.translate.sse import event

_MAX_WHOLE = 64 << 20
_BOM = b"\xef\xbb\xbf"
_STREAMED = (b"data:", b"event:", b"id:", b"retry:", b":")


def whole(dialect: Dialect, data: bytes, *, model: str, request_id: str, created: int) -> Whole:
    """A provider's whole answer, also where it sent a stream, a list of pieces, or one piece a line."""
    data = whole_text(data)
    streamed = data.lstrip().startswith(_STREAMED)
    pieces = data if streamed else _as_events(data)
    if pieces is None:
        return dialect.answer(data, model=model, request_id=request_id, created=created)
    chunks = dialect.chunks(model=model, request_id=request_id, created=created)
    relay = OpenAIStream(chunks, wants_usage=True, otherwise=named(model, request_id, created))
    relay.feed(pieces)
    relay.end()
    if not (relay.done or relay.complete):
        raise Failure("truncated", "The stream broke off.", billed=relay.billed)
    return Whole(body=msgspec.json.encode(relay.answer()), kept=relay.kept)


def named(model: str, request_id: str, created: int) -> dict[str, Any]:
    """What an answer is called that does not say so itself."""
    return {"id": f"chatcmpl-{request_id}", "created": created, "model": model}


class EitherChunks:
    """A stream, read by the dialect; a body that is none is read whole, and comes out as a stream."""

    def __init__(self, dialect: Dialect, *, model: str, request_id: str, created: int) -> None:
        self._dialect = dialect
        self._named: dict[str, Any] = {"model": model, "request_id": request_id, "created": created}
        self._chunks: Chunks = dialect.chunks(**self._named)
        self._kept: dict[str, Kept] = {}
        self._begin = b""
        self._body: list[bytes] | None = None
        self._size = 0
        self._told = False

    @property
    def kept(self) -> dict[str, Kept]:
        return self._kept or self._chunks.kept

    @property
    def counted(self) -> dict[str, Any] | None:
        return self._chunks.counted

    @property
    def idle(self) -> bool:
        return self._told and self._chunks.idle

    def feed(self, piece: bytes) -> list[bytes]:
        if self._told:
            return self._chunks.feed(piece)
        if self._body is None:
            self._begin += piece
            if len(self._begin) < len(_BOM) and _BOM.startswith(self._begin):
                return []
            seen = self._begin.removeprefix(_BOM).lstrip()
            if not seen:
                self._begin = b""  # blanks are nothing yet, however many come
                return []
            if seen[:1] not in (b"{", b"["):
                self._told = True
                return self._chunks.feed(self._begin)
            self._body, piece = [], seen
        self._body.append(piece)
        self._size += len(piece)
        if self._size > _MAX_WHOLE:
            raise Failure("malformed", "The answer is too large.")
        return []

    def end(self) -> list[bytes]:
        if self._body is None:
            return self._chunks.end()
        data = whole_text(b"".join(self._body))
        self._body, self._told = None, True
        if (events := _as_events(data)) is not None:
            return [*self._chunks.feed(events), *self._chunks.end()]
        found = self._dialect.answer(data, **self._named)
        self._kept = found.kept
        body, answer = read_answer(found.body, otherwise=named(**self._named))
        usage = answer.counted
        read = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        return [*chunks_of(body, None if "usage" not in read or usage is None else read["usage"]), DONE]


def _as_events(data: bytes) -> bytes | None:
    """The pieces of a list, or of lines, as events; None for one object, or for anything else."""
    if data.lstrip().startswith(b"["):
        listed = read_list(data)
        return None if listed is None else b"".join(event(_one_line(item)) for item in listed)
    if b"\n{" not in data:
        return None
    lines = [line for line in data.splitlines() if line.strip()]
    if len(lines) < 2 or any(not line.startswith(b"{") for line in lines) or read_object(data) is not None:
        return None
    return b"".join(map(event, lines))


def _one_line(item: msgspec.Raw) -> bytes:
    return b"\ndata: ".join(bytes(item).splitlines())
