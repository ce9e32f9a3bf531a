"""Gemini's answers, whole and streamed, as neutral ones."""

import hashlib

from services.gateway.domain.attempts import Failure
from services.gateway.formats.blocks import Answer, Native, StopReason, Usage
from services.gateway.formats.deltas import (
    ArgumentPiece,
    BlockKind,
    Close,
    Count,
    Delta,
    Fail,
    Open,
    Seal,
    Start,
    Stop,
    StreamReader,
    TextPiece,
    collect,
)
from services.gateway.formats.either import EitherReader, whole_answer
from services.gateway.formats.json_fields import encode
from services.gateway.providers.compatible.answer import usage_of as usage_of_chat
from services.gateway.translate.fields import read_object, whole_text
from services.gateway.translate.google_errors import failure
from services.gateway.translate.google_openai import billed, ending, usage
from services.gateway.translate.google_wire import Counts, Part, Reply, reply
from services.gateway.translate.openai_usage import usage_of as read_usage
from services.gateway.translate.payloads import DONE, Payloads, heartbeat

_RETRIED = ("MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL")
_STOPS: dict[str, StopReason] = {
    "length": "length",
    "content_filter": "refusal",
    "tool_calls": "tool_use",
    "stop": "end",
}
_SIGNED = "signature"


def read_answer(data: bytes, *, model: str, request_id: str) -> Answer:
    """A whole answer. `Failure` for an error, for one without candidates, or whose call the model got wrong."""

    def whole(body: bytes) -> Answer:
        events = _Pieces(model=model, request_id=request_id)
        return collect([*events.take(whole_text(body)), *events.end()])

    return whole_answer(data, whole, lambda: _Pieces(model=model, request_id=request_id))


def reader(*, model: str, request_id: str) -> StreamReader:
    """A reader for one stream."""

    def whole(body: bytes) -> Answer:
        return read_answer(body, model=model, request_id=request_id)

    return EitherReader(_Pieces(model=model, request_id=request_id), whole)


def usage_of(counts: Counts | None) -> Usage | None:
    """Tokens in classes; None where nothing was counted."""
    said = usage(counts)
    return None if said is None else usage_of_chat(read_usage(bytes(encode(said))))


def retried(found: Failure) -> bool:
    """Whether a failure is the model's own slip, which the same request mostly does not make twice."""
    return found.kind == "malformed" and any(name in found.message for name in _RETRIED)


class _Pieces:
    """One stream. How it ends is held until the connection closes, because Gemini gives no other sign of the end."""

    def __init__(self, *, model: str, request_id: str) -> None:
        self._model = model
        self._request_id = request_id
        self._payloads = Payloads()
        self._began = False
        self._answered = False
        self._over = False
        self._counts: Counts | None = None
        self._native: str | None = None
        self._blocked: str | None = None
        self._tier: str | None = None
        self._open: tuple[int, BlockKind] | None = None
        self._next = 0
        self._calls: set[str] = set()
        self._unsigned: int | None = None

    def feed(self, piece: bytes) -> list[Delta]:
        """The deltas that these bytes complete."""
        try:
            payloads = self._payloads.feed(piece)
        except Failure as failed:
            return self._fail(failed)
        return [delta for payload in payloads for delta in self.take(payload)]

    def end(self) -> list[Delta]:
        """The end of the answer; `Fail` "truncated" where Gemini never said how it ends."""
        out = [delta for payload in self._payloads.end() for delta in self.take(payload)]
        if self._over:
            return out
        if self._native is None and self._blocked is None:
            kind, message = "truncated", "The stream ended in the middle of the answer."
            if not self._answered:
                kind, message = "malformed", "The answer has no candidates."
            return [*out, *self._fail(Failure(kind, message))]
        self._over = True
        self._close(out)
        if (counted := usage_of(self._counts)) is not None:
            out.append(Count(counted))
        native = self._blocked or self._native
        reason: StopReason = "refusal"
        if self._blocked is None:
            reason = _STOPS[ending(self._native, called=bool(self._calls))["finish_reason"]]
        return [*out, Stop(reason, None, None, native, self._tier)]

    def take(self, payload: bytes) -> list[Delta]:
        """One event."""
        if self._over or payload == DONE or (heartbeat(payload) and read_object(payload) is None):
            return []
        out: list[Delta] = []
        try:
            self._reply(reply(payload), out)
        except Failure as failed:
            out += self._fail(failed)
        return out

    def _fail(self, failed: Failure) -> list[Delta]:
        if self._over:
            return []
        self._over = True
        failed.billed = failed.billed or billed(usage(self._counts))
        return [Fail(failed)]

    def _reply(self, found: Reply, out: list[Delta]) -> None:
        self._counts = found.counts if usage(found.counts) is not None else self._counts
        self._tier = ("default" if found.tier == "standard" else found.tier) or self._tier
        if not found.candidates:
            self._blocked = self._blocked or found.blocked
            if not (self._began or found.blocked or found.counts):
                return
        if not self._began:
            self._began = True
            out.append(Start(model=found.model or self._model, id=found.id, usage=usage_of(self._counts)))
        if not found.candidates:
            return
        self._answered = True
        candidate = found.candidates[0]
        for part in candidate.parts:
            self._part(part, out)
        if candidate.finish_reason is not None:
            if candidate.finish_reason in _RETRIED:
                raise Failure("malformed", f"The model's answer came out broken ({candidate.finish_reason}).")
            ending(candidate.finish_reason, called=False)  # a broken answer fails at once
            self._native = candidate.finish_reason

    def _part(self, part: Part, out: list[Delta]) -> None:
        if part.media is not None:
            raise Failure(
                "malformed", "The answer holds an image or sound, which this client's format has no place for."
            )
        if part.function_call is not None:
            self._call(part, out)
            return
        if part.thought:
            if part.text:
                out.append(TextPiece(self._block("reasoning", out), part.text))
            if part.thought_signature:
                self._sign(part.thought_signature, out)
            return
        if part.thought_signature and not part.text and self._unsigned is not None:
            # Of calls made together only the first is signed, so a late signature is the first one's.
            native = Native(provider="google", kind=_SIGNED, payload=part.thought_signature)
            out.append(Seal(self._unsigned, native))
            self._unsigned = None
            return
        if part.thought_signature and (self._open is None or self._open[1] == "reasoning"):
            # A signature on a text belongs to the thoughts before it. In the middle of a text it is worth less than the text.
            self._sign(part.thought_signature, out)
        if part.text:
            out.append(TextPiece(self._block("text", out), part.text))

    def _call(self, part: Part, out: list[Delta]) -> None:
        call = part.function_call
        assert call is not None
        if not call.name:
            raise Failure("malformed", "The answer calls a function without saying which.")
        if part.thought_signature:
            self._sign(part.thought_signature, out)
        elif not self._calls:
            self._unsigned = self._next
        self._close(out)
        identity = call.id
        if not identity or identity in self._calls:
            seed = f"{self._request_id}:{len(self._calls)}".encode()
            identity = "call_" + hashlib.blake2b(seed, digest_size=12).hexdigest()
        self._calls.add(identity)
        index = self._next
        self._next += 1
        out += [Open(index, "call", identity, call.name), ArgumentPiece(index, call.arguments), Close(index)]

    def _sign(self, signature: str, out: list[Delta]) -> None:
        """The signature goes with the open thoughts, or with a block of none, before what it was given for."""
        if self._open is None or self._open[1] != "reasoning":
            self._block("reasoning", out)
        assert self._open is not None
        out.append(Seal(self._open[0], Native(provider="google", kind=_SIGNED, payload=signature)))
        self._close(out)

    def _block(self, kind: BlockKind, out: list[Delta]) -> int:
        if self._open is None or self._open[1] != kind:
            self._close(out)
            self._open = (self._next, kind)
            self._next += 1
            out.append(Open(self._open[0], kind))
        return self._open[0]

    def _close(self, out: list[Delta]) -> None:
        if self._open is not None:
            out.append(Close(self._open[0]))
            self._open = None


__all__ = ["failure", "read_answer", "reader", "retried", "usage_of"]
