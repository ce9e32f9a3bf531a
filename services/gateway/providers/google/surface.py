"""Gemini's generateContent as one value."""

from libs.common.catalog import Model
from services.gateway.formats.blocks import Answer
from services.gateway.formats.deltas import StreamReader
from services.gateway.formats.headers import to_google
from services.gateway.formats.surface import Effort, ProviderSurface, counted
from services.gateway.providers.google import answer, generate
from services.gateway.providers.google.peek import peek, seen_whole


def _read(data: bytes, *, model: str, request_id: str, created: int) -> Answer:
    return answer.read_answer(data, model=model, request_id=request_id)


def _reader(*, model: str, request_id: str, created: int) -> StreamReader:
    return answer.reader(model=model, request_id=request_id)


def _count_path(model: str) -> str:
    return f"/v1beta/models/{model}:countTokens"


# The models of which Google says how much they think by themselves, and the level below it.
_LESS = {"gemini-3-flash-preview": "medium", "gemini-3.1-pro-preview": "medium", "gemini-3.5-flash": "low"}


def _less_effort(known: Model) -> Effort | None:
    level = _LESS.get(known.name)
    return None if level is None else Effort(path=("generationConfig", "thinkingConfig", "thinkingLevel"), value=level)


GENERATE = ProviderSurface(
    name="generate",
    path=generate.path,
    build=generate.build,
    read=_read,
    reader=_reader,
    failure=answer.failure,
    count_path=_count_path,
    count_body=generate.count_body,
    count=counted("totalTokens"),
    peek=peek,
    seen=seen_whole,
    headers=to_google,
    less_effort=_less_effort,
)
