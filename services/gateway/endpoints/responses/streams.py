"""Streams of the Responses API: what is written here ends only once it is stored, and what is forwarded says where it is stored."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from services.gateway.domain.stored_response import Entry, RoutingRecord, StoredResponse
from services.gateway.endpoints.forwarded import ForwardedStream
from services.gateway.endpoints.responses.answer import ResponseStream
from services.gateway.endpoints.translated import TranslatedStream
from services.gateway.formats.blocks import Answer
from services.gateway.formats.build import Built
from services.gateway.formats.deltas import Delta, Stop
from services.gateway.formats.errors import Problem, openai_error
from services.gateway.formats.keep_alive import KEEP_ALIVE, REPEAT_IN_PROGRESS
from services.gateway.formats.surface import ProviderSurface

_SEQUENCE = re.compile(rb'"sequence_number"\s*:\s*(\d{1,12})')
_IN_PROGRESS = re.compile(
    rb"(?:^event: ?response\.in_progress\r?\n)?^data: ?[^\r\n]*\"response\.in_progress\"[^\r\n]*", re.MULTILINE
)
_TAIL = 1 << 20
Monotonic = Callable[[], float]


class ResponseWriter:
    """Writes a response whose last event waits; see `StreamWriter`. `stored` is what that event says of it."""

    def __init__(self, stream: ResponseStream) -> None:
        self.stream = stream
        self._stop: Stop | None = None

    def write(self, delta: Delta) -> bytes:
        """The events of a delta, without the last one of all."""
        if isinstance(delta, Stop):
            self._stop = delta
            return self.stream.finish(delta)
        return self.stream.write(delta)

    def ending(self, *, stored: bool) -> bytes:
        """The last event."""
        return b"" if self._stop is None else self.stream.terminal(self._stop, stored=stored)


class WrittenResponse(TranslatedStream):
    """A response that is written here; see `AnswerStream`. `entry_of` makes what is kept of the whole answer, None for nothing."""

    def __init__(
        self,
        form: ProviderSurface,
        naming: Mapping[str, Any],
        built: Built,
        writer: ResponseWriter,
        *,
        write: Callable[[Answer], bytes],
        failed: Callable[[Problem], bytes],
        entry_of: Callable[[Answer], StoredResponse] | None,
        monotonic: Monotonic,
    ) -> None:
        super().__init__(form, naming, built, writer, write=write, failed=failed, client="responses")
        self._entry_of = entry_of
        self._response = writer
        self._monotonic = monotonic
        self._said_at = monotonic()
        self._is_stored = False

    def feed(self, piece: bytes, /) -> bytes:
        out = super().feed(piece)
        if out:
            self._said_at = self._monotonic()
        return out

    def entry(self) -> Entry | None:
        """What is to be kept, once the answer is whole."""
        answer = self._collector.answer
        if answer is None or self._entry_of is None:
            return None
        return self._entry_of(msgspec.structs.replace(answer, usage=self._usage or answer.usage))

    def note_stored(self) -> None:
        """Note that it is kept."""
        self._is_stored = True

    def ending(self, metadata: bytes) -> bytes:
        return self._response.ending(stored=self._is_stored)

    def keep_alive(self) -> bytes:
        """A comment, and once a minute an event: some clients take nothing else for a sign of life."""
        if self._monotonic() - self._said_at < REPEAT_IN_PROGRESS:
            return KEEP_ALIVE["responses"]
        self._said_at = self._monotonic()
        return KEEP_ALIVE["responses"] + self._response.stream.in_progress()


class ForwardedResponse(ForwardedStream):
    """A response of OpenAI's; see `AnswerStream`. `record_of` makes the record of where it lies, None for nothing. `repeats`: the
    client takes nothing but events for a sign of life, so that the provider's own `response.in_progress` is sent again.
    """

    def __init__(
        self,
        form: ProviderSurface,
        naming: Mapping[str, Any],
        *,
        events_of: Callable[[bytes], bytes],
        record_of: Callable[[str], RoutingRecord] | None,
        repeats: bool,
        monotonic: Monotonic,
        collect: Callable[[bytes], bytes | None] | None = None,
    ) -> None:
        super().__init__(form, naming, failed=self._failed_event, events_of=events_of, collect=collect)
        self._record_of = record_of
        self._repeats = repeats
        self._monotonic = monotonic
        self._said_at = monotonic()

    def feed(self, piece: bytes, /) -> bytes:
        self._said_at = self._monotonic()
        return super().feed(piece)

    def entry(self) -> Entry | None:
        """Where it lies, as soon as it has an id."""
        identity = self._seen.answer_id
        return self._record_of(identity) if self._record_of is not None and identity else None

    def note_stored(self) -> None:
        """Nothing in it changes."""

    def keep_alive(self) -> bytes:
        if not self._peek.between_frames:
            return b""
        if not self._repeats or self._monotonic() - self._said_at < REPEAT_IN_PROGRESS:
            return KEEP_ALIVE["responses"]
        self._said_at = self._monotonic()
        frame = _IN_PROGRESS.search(b"".join(self._pieces[:16])[:_TAIL])
        return KEEP_ALIVE["responses"] + (b"" if frame is None else frame[0] + b"\n\n")

    def _failed_event(self, problem: Problem) -> bytes:
        tail = b"".join(self._pieces[-16:])[-_TAIL:]
        numbers = _SEQUENCE.findall(tail)
        return failed_event(problem, self._seen.answer_id, int(numbers[-1]) + 1 if numbers else 0)


def failed_event(problem: Problem, response_id: str, sequence_number: int) -> bytes:
    """The event that ends a stream with an error, where no writer of ours has written what came before it."""
    code, message = _code_and_message(problem)
    response = {
        "id": response_id or "resp_0",
        "object": "response",
        "status": "failed",
        "error": {"code": code, "message": message},
        "output": [],
    }
    data = {"type": "response.failed", "sequence_number": sequence_number, "response": response}
    return b"event: response.failed\ndata: %b\n\n" % msgspec.json.encode(data)


def failed_after(writer: ResponseWriter, problem: Problem) -> bytes:
    """The event that ends a stream with an error, after what a writer of ours has written."""
    return writer.stream.failed(*_code_and_message(problem))


def _code_and_message(problem: Problem) -> tuple[str, str]:
    """Clients try again later after a code of its own for a provider that has too much to do."""
    code, message = openai_error(problem)
    return ("server_is_overloaded" if problem.status in (503, 529) else code), message
