"""Answers that are known before anybody is called, in the client's format."""

from collections.abc import Callable

from libs.common.contracts.events import TokenClasses
from libs.common.errors import PromptlyError
from services.gateway.endpoints.base import AnswerSummary
from services.gateway.formats.blocks import Answer
from services.gateway.formats.deltas import StreamWriter, pieces_of
from services.gateway.formats.errors import Problem, problem_of
from services.gateway.translate.openai_usage import Usage


def nothing_said(answer: Answer) -> AnswerSummary:
    """What the pipeline reads of an answer without content, which cost nothing."""
    return AnswerSummary(
        model=answer.model,
        service_tier=None,
        usage=Usage(prompt_tokens=0, completion_tokens=0),
        text="",
        has_content=False,
        complete=False,
        storable=False,
        stop=answer.stop,
    )


class KnownStream:
    """Such an answer as a stream; see `AnswerStream`."""

    def __init__(self, answer: Answer, writer: StreamWriter, failed: Callable[[Problem], bytes]) -> None:
        self.started = self.done = self.complete = False
        self.empty = False
        self.billed: TokenClasses | None = None
        self.model = answer.model
        self._answer = answer
        self._writer = writer
        self._failed = failed

    def feed(self, piece: bytes, /) -> bytes:
        return b""

    def check(self) -> None: ...

    def end(self) -> bytes:
        self.started = self.done = self.complete = True
        return b"".join(map(self._writer.write, pieces_of(self._answer)))

    def ending(self, metadata: bytes) -> bytes:
        return b""

    def error(self, error: PromptlyError, /) -> bytes:
        return self._failed(problem_of(error))

    def keep_alive(self) -> bytes:
        return b""

    def summary(self) -> AnswerSummary:
        return nothing_said(self._answer)

    def body(self) -> bytes:
        return b""
