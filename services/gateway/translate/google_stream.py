"""A Gemini stream, event by event, as OpenAI's chunks."""

from typing import Any

import msgspec

from services.gateway.domain.attempts import Failure
from services.gateway.translate.fields import read_object
from services.gateway.translate.google_openai import Calls, Turn, billed, blocked, ending, head, usage
from services.gateway.translate.google_wire import Reply, reply
from services.gateway.translate.payloads import DONE, Payloads, heartbeat


class GoogleChunks:
    """One stream. How it ends is held until the connection closes, because Gemini gives no other sign of the end.

    A failure is raised only once the chunks before it have been given out, so that it does not matter how bytes are cut.
    """

    def __init__(self, *, model: str, request_id: str, created: int) -> None:
        calls = Calls(model, request_id)
        self.kept = calls.kept
        self._named = (model, request_id, created)
        self._turn = Turn(calls)
        self._payloads = Payloads()
        self._head: dict[str, Any] | None = None
        self._usage: dict[str, Any] | None = None
        self._native: str | None = None
        self._blocked: str | None = None
        self._failure: Failure | None = None

    @property
    def counted(self) -> dict[str, Any] | None:
        """Gemini counts as it goes."""
        return self._usage

    @property
    def idle(self) -> bool:
        """Its events are not OpenAI's."""
        return False

    def feed(self, piece: bytes) -> list[bytes]:
        """The chunks that these bytes complete."""
        return self._take_all(self._payloads.feed(piece))

    def end(self) -> list[bytes]:
        """The finish chunk, the usage chunk where tokens were counted, and `[DONE]`."""
        out = self._take_all(self._payloads.end())
        if self._failure is not None:
            raise self._failure
        if self._native is None and self._blocked is None:
            raise Failure("truncated", "The stream ended in the middle of the answer.")
        called = bool(self._turn.called)
        finish = ending(self._native, called=called) if self._blocked is None else blocked(self._blocked)
        out.append(self._chunk({}, finish))
        if self._usage is not None:
            out.append(msgspec.json.encode({**(self._head or {}), "choices": [], "usage": self._usage}))
        return [*out, b"[DONE]"]

    def _take_all(self, payloads: list[bytes]) -> list[bytes]:
        if self._failure is not None:
            raise self._failure
        out: list[bytes] = []
        try:
            for payload in payloads:
                if payload == DONE or (heartbeat(payload) and read_object(payload) is None):
                    continue
                self._take(reply(payload), out)
        except Failure as failure:
            failure.billed = failure.billed or billed(self._usage)
            self._failure = failure
        if self._failure is not None and not out:
            raise self._failure
        return out

    def _take(self, found: Reply, out: list[bytes]) -> None:
        if self._head is None:
            self._head = head(found, *self._named)
            out.append(self._chunk({"role": "assistant", "content": ""}))
        self._usage = usage(found.counts) or self._usage
        if not found.candidates:
            self._blocked = self._blocked or found.blocked
            return
        candidate = found.candidates[0]
        deltas = map(self._turn.take, candidate.parts)
        out += [self._chunk(delta) for delta in deltas if delta is not None]
        if candidate.finish_reason is not None:
            ending(candidate.finish_reason, called=False)  # a broken answer fails at once
            self._native = candidate.finish_reason

    def _chunk(self, delta: dict[str, Any], finish: dict[str, Any] | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, **(finish or {"finish_reason": None})}
        return msgspec.json.encode({**(self._head or {}), "choices": [choice]})
