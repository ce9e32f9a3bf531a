"""Answers that go to the client as they come: they are looked at, and nothing of them is changed."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from libs.common.contracts.base import DECODE_ERRORS
from libs.common.contracts.events import TokenClasses
from libs.common.errors import BadRequest, PromptlyError
from services.gateway.domain.attempts import Failure
from services.gateway.domain.turns import of_answer
from services.gateway.endpoints.base import AnswerSummary
from services.gateway.endpoints.translated import counted, said_in
from services.gateway.formats.either import EitherReader
from services.gateway.formats.errors import Problem, problem_of
from services.gateway.formats.frames import one_line
from services.gateway.formats.keep_alive import KEEP_ALIVE
from services.gateway.formats.peek import Seen
from services.gateway.formats.surface import ProviderSurface

_END = re.compile(rb"\r\n\r\n|\n\n|\r\r")
# A provider that says no more than that it is there, in so many frames, is shown to the client as it is.
_PATIENCE = 4
_NATURAL = ("end", "tool_use", "stop_sequence")


def seen_summary(
    seen: Seen, form: ProviderSurface, naming: Mapping[str, Any], data: bytes, *, cut: bool = False
) -> AnswerSummary:
    """What the pipeline reads of an answer that was forwarded. What was said in it is read only where the provider has not counted
    its tokens, or was `cut` off before it could.
    """
    usage = counted(seen.usage, cut=cut)
    text = "" if usage is not None and usage.completion_tokens else _said(form, naming, data)
    return AnswerSummary(
        model=seen.model or None,
        service_tier=seen.tier,
        usage=usage,
        text=text,
        has_content=bool(text) or seen.usage is not None,
        complete=seen.done and seen.failure is None and seen.stop in _NATURAL,
        has_tool_calls=bool(seen.call_ids),
        storable=False,
        tool_calls=of_answer({}, filter(None, seen.call_ids), naming["model"]),
        stop=seen.native_stop,
        units=dict(seen.units),
        parts=tuple((model, use) for model, one in seen.iterations if (use := counted(one)) is not None),
    )


def _said(form: ProviderSurface, naming: Mapping[str, Any], data: bytes) -> str:
    reader = EitherReader(form.reader(**naming), lambda body: form.read(body, **naming))
    return said_in([*reader.feed(data), *reader.end()])


class ForwardedStream:
    """A stream in the client's own format; see `AnswerStream`. `failed` writes an error, `collect` puts together what was said
    (None: nobody wants it), `events_of` makes a stream of an answer that came whole.
    """

    def __init__(
        self,
        form: ProviderSurface,
        naming: Mapping[str, Any],
        *,
        failed: Callable[[Problem], bytes],
        events_of: Callable[[bytes], bytes],
        collect: Callable[[bytes], bytes | None] | None = None,
    ) -> None:
        assert form.peek is not None, "what is forwarded is looked at"
        self.started = False
        self._form = form
        self._naming = naming
        self._failed = failed
        self._events_of = events_of
        self._collect = collect
        self._peek = form.peek()
        self._pieces: list[bytes] = []
        self._held = bytearray()
        self._looked = self._opened = 0
        self._failure: Failure | None = None
        self._said_so = False
        self._whole: Seen | None = None

    @property
    def _seen(self) -> Seen:
        return self._whole or self._peek.seen

    @property
    def done(self) -> bool:
        """Whether the last frame has come. A Gemini stream has none: more may come after the finish reason."""
        return self._seen.done and self._form.name != "generate"

    @property
    def complete(self) -> bool:
        return self._seen.done and self._failure is None

    @property
    def empty(self) -> bool:
        return False

    @property
    def billed(self) -> TokenClasses | None:
        usage = counted(self._seen.usage)
        return None if usage is None else usage.classes()

    @property
    def model(self) -> str:
        return self._seen.model or str(self._naming["model"])

    def feed(self, piece: bytes, /) -> bytes:
        self._pieces.append(piece)
        self._peek.feed(piece)
        failure = self._peek.seen.failure
        if self.started:
            if failure is not None and self._failure is None:
                self._failure, self._said_so = failure, True
            return piece
        self._held += piece
        if failure is not None:
            raise failure
        if not self._speaks():
            return b""
        return self._release()

    def check(self) -> None:
        if self._failure is not None:
            raise self._failure

    def end(self) -> bytes:
        self._peek.end()
        if not self.started:
            return self._end_unopened()
        if self._peek.seen.failure is not None and self._failure is None:
            self._failure, self._said_so = self._peek.seen.failure, True
        elif not self.complete:
            self._bare_error()
        self.check()
        return b""

    def ending(self, metadata: bytes) -> bytes:
        return b""

    def error(self, error: PromptlyError, /) -> bytes:
        """Nothing where the client has the provider's own error already."""
        if self._said_so:
            return b""
        begun = b"" if self._peek.between_frames or not self.started else b"\n\n"
        return begun + self._failed(problem_of(error))

    def keep_alive(self) -> bytes:
        """Nothing in the middle of a frame."""
        return KEEP_ALIVE[self._form.name] if self._peek.between_frames else b""

    def summary(self) -> AnswerSummary:
        seen = self._seen
        summary = seen_summary(seen, self._form, self._naming, b"".join(self._pieces), cut=not seen.done)
        return msgspec.structs.replace(summary, storable=self._collect is not None and summary.complete)

    def body(self) -> bytes:
        data = b"".join(self._pieces)
        if self._whole is not None:
            return data
        return (self._collect(data) if self._collect is not None else None) or b""

    def _release(self) -> bytes:
        self.started = True
        out, self._held = bytes(self._held), bytearray()
        return out

    def _speaks(self) -> bool:
        """Whether there is more than a sign of life: until then another provider can answer instead."""
        for found in _END.finditer(self._held, self._looked):
            self._looked = found.end()
            self._opened += 1
        return self._peek.seen.begun or self._opened > _PATIENCE

    def _end_unopened(self) -> bytes:
        """A stream that closes before it has said anything: it may be an answer that came whole."""
        held = bytes(self._held)
        if held.lstrip()[:1] == b"{" and self._form.seen is not None:
            self._whole = self._form.seen(held)
        elif held.lstrip()[:1] == b"[":
            held = self._listed(held)
        if self._seen.failure is not None:
            raise self._seen.failure
        if not self._seen.done:
            raise Failure("truncated", "The stream ended before it said anything.")
        self.started = True
        return held if self._whole is None else self._as_events(held)

    def _listed(self, data: bytes) -> bytes:
        """The frames of a JSON list of chunks, after a look at them; empty where it is no list that is complete."""
        try:
            chunks = msgspec.json.decode(data, type=list[msgspec.Raw])
        except DECODE_ERRORS:
            return b""
        self._pieces = [b"data: %b\n\n" % one_line(bytes(chunk)) for chunk in chunks]
        frames = b"".join(self._pieces)
        self._peek.feed(frames)
        return frames

    def _as_events(self, held: bytes) -> bytes:
        """A whole answer as the stream that was asked for. One that is too odd to be taken apart goes out as it came: it is paid for."""
        try:
            return self._events_of(held)
        except (BadRequest, *DECODE_ERRORS, KeyError, TypeError, AttributeError, ValueError):
            return held

    def _bare_error(self) -> None:
        """An error that a provider writes into its stream without a frame."""
        tail = b"".join(self._pieces[-2:]).rpartition(b"\n\n")[2].strip()
        if tail[:1] == b"{" and self._form.seen is not None:
            self._failure = self._form.seen(tail).failure
            self._said_so = self._failure is not None
        self._failure = self._failure or Failure("truncated", "The stream broke off.")
