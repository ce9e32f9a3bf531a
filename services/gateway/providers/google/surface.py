"""Gemini's generateContent as one value."""

from services.gateway.formats.blocks import Answer
from services.gateway.formats.deltas import StreamReader
from services.gateway.formats.headers import to_google
from services.gateway.formats.surface import ProviderSurface, counted
from services.gateway.providers.google import answer, generate
from services.gateway.providers.google.peek import peek, seen_whole


def _read(data: bytes, *, model: str, request_id: str, created: int) -> Answer:
    return answer.read_answer(data, model=model, request_id=request_id)


def _reader(*, model: str, request_id: str, created: int) -> StreamReader:
    return answer.reader(model=model, request_id=request_id)


def _count_path(model: str) -> str:
    return f"/v1beta/models/{model}:countTokens"


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
)
