"""Answers of a provider whose format is not the client's, by way of the neutral model."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from libs.common.contracts.events import TokenClasses
from libs.common.errors import PromptlyError
from services.gateway.domain.attempts import Failure
from services.gateway.domain.turns import Kept, of_answer
from services.gateway.endpoints.base import AnswerSummary
from services.gateway.formats import blocks
from services.gateway.formats.blocks import Answer, Call, Reasoning, Surface, Text
from services.gateway.formats.build import Built
from services.gateway.formats.deltas import (
    ArgumentPiece,
    Collector,
    Count,
    Delta,
    Fail,
    Open,
    Start,
    Stop,
    StreamWriter,
    TextPiece,
)
from services.gateway.formats.either import EitherReader
from services.gateway.formats.errors import Problem, problem_of
from services.gateway.formats.filters import ClientDeltas
from services.gateway.formats.keep_alive import KEEP_ALIVE
from services.gateway.formats.surface import ProviderSurface
from services.gateway.translate.openai_usage import Usage

_NATURAL = ("end", "tool_use", "stop_sequence")


def counted(usage: blocks.Usage | None, *, cut: bool = False) -> Usage | None:
    """Tokens as the pipeline takes them. Of an answer that was `cut` off only the prompt was counted to its end."""
    if usage is None:
        return None
    return Usage(
        prompt_tokens=usage.input or None,
        completion_tokens=None if cut else usage.output,
        cache_read=usage.cache_read,
        cache_write=usage.cache_write,
        cache_write_1h=usage.cache_write_1h,
        reasoning=0 if cut else usage.reasoning,
        odd=usage.estimated,
        rates=usage.rates,
    )


def said_in(deltas: Iterable[Delta]) -> str:
    """Everything in a stream that is billed as output."""
    found: list[str] = []
    for delta in deltas:
        match delta:
            case TextPiece(text=text):
                found.append(text)
            case ArgumentPiece(json=json):
                found.append(json)
            case Open(kind="call", name=name):
                found.append(name)
            case _:
                pass
    return "".join(found)


def answer_summary(answer: Answer, kept: Mapping[str, Kept]) -> AnswerSummary:
    """What the pipeline reads of a whole answer."""
    said: list[str] = []
    for block in answer.blocks:
        match block:
            case Text(text=text) | Reasoning(text=text):
                said.append(text)
            case Call(name=name, arguments=arguments):
                said += (name, bytes(arguments).decode())
            case _:
                pass
    return AnswerSummary(
        model=answer.model or None,
        service_tier=answer.tier,
        usage=counted(answer.usage),
        text="".join(said),
        has_content=bool(answer.blocks),
        complete=answer.stop in _NATURAL,
        has_tool_calls=bool(kept),
        tool_calls=kept,
        stop=answer.native_stop or answer.stop,
    )


class TranslatedStream:
    """A stream that is read in the provider's format and written in the client's; see `AnswerStream`. `failed` writes an error after
    what was written so far, `write` a whole answer.
    """

    def __init__(
        self,
        form: ProviderSurface,
        naming: Mapping[str, Any],
        built: Built,
        writer: StreamWriter,
        *,
        write: Callable[[Answer], bytes],
        failed: Callable[[Problem], bytes],
        client: Surface,
    ) -> None:
        reader = EitherReader(form.reader(**naming), lambda data: form.read(data, **naming))
        self.started = self.done = False
        self._deltas = ClientDeltas(reader, model=naming["model"], back=built.names, stop=built.stop)
        self._writer = writer
        self._write = write
        self._failed = failed
        self._client = client
        self._model = str(naming["model"])
        self._served = self._model
        self._collector = Collector()
        self._said: list[str] = []
        self._call_ids: list[str] = []
        self._usage: blocks.Usage | None = None
        self._stop: Stop | None = None
        self._held: list[bytes] = []
        self._failure: Failure | None = None

    @property
    def complete(self) -> bool:
        return self.done

    @property
    def empty(self) -> bool:
        return False

    @property
    def billed(self) -> TokenClasses | None:
        usage = counted(self._usage)
        return None if usage is None else usage.classes()

    @property
    def model(self) -> str:
        return self._served

    def feed(self, piece: bytes, /) -> bytes:
        return self._take(self._deltas.feed(piece))

    def check(self) -> None:
        if self._failure is not None:
            raise self._failure

    def end(self) -> bytes:
        out = self._take(self._deltas.end())
        if not out:
            self.check()
        return out

    def ending(self, metadata: bytes) -> bytes:
        return b""

    def error(self, error: PromptlyError, /) -> bytes:
        return self._failed(problem_of(error))

    def keep_alive(self) -> bytes:
        return KEEP_ALIVE[self._client]

    def summary(self) -> AnswerSummary:
        stop = self._stop
        return AnswerSummary(
            model=self._served,
            service_tier=stop.tier if stop is not None else None,
            usage=counted(self._usage, cut=stop is None),
            text="".join(self._said),
            has_content=bool(self._said) or self.started,
            complete=stop is not None and stop.reason in _NATURAL,
            has_tool_calls=bool(self._call_ids),
            tool_calls=of_answer(dict(self._deltas.kept), self._call_ids, self._model) if self._call_ids else {},
            stop=None if stop is None else stop.native or stop.reason,
        )

    def body(self) -> bytes:
        answer = self._collector.answer
        if answer is None:
            return b""
        return self._write(msgspec.structs.replace(answer, usage=self._usage or answer.usage))

    def _take(self, deltas: list[Delta]) -> bytes:
        for delta in deltas:
            if isinstance(delta, Fail):
                if not self.started:
                    raise delta.failure
                self._failure = delta.failure
                break
            self._note(delta)
            self._collector.add(delta)
            if out := self._writer.write(delta):
                self._held.append(out)
        if not (self.started or self.done):
            return b""
        out, self._held = b"".join(self._held), []
        return out

    def _note(self, delta: Delta) -> None:
        match delta:
            case Start(model=model, usage=usage):
                self._served = model or self._served
                self._usage = usage or self._usage
                return
            case Count(usage=usage):
                self._usage = usage
                return
            case Stop():
                self._stop, self.done = delta, True
            case Open(kind="call", id=identity):
                self._call_ids.append(identity)
            case _:
                pass
        self._said.append(said_in((delta,)))
        self.started = True
