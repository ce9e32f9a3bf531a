"""Gemini's dialect: `generateContent` and its stream."""

from collections.abc import Mapping

from services.gateway.domain.attempts import Failure
from services.gateway.translate import google_errors, google_openai, openai_google
from services.gateway.translate.dialect import Asked, Dialect, Outgoing, Whole
from services.gateway.translate.google_stream import GoogleChunks


class GoogleDialect:
    """The Gemini API as AI Studio has it. Model and streaming are in its URLs, so no body names them."""

    def request(self, asked: Asked) -> Outgoing:
        return openai_google.request(asked)

    def answer(self, data: bytes, *, model: str, request_id: str, created: int) -> Whole:
        return google_openai.answer(data, model=model, request_id=request_id, created=created)

    def chunks(self, *, model: str, request_id: str, created: int) -> GoogleChunks:
        return GoogleChunks(model=model, request_id=request_id, created=created)

    def failure(self, status: int, headers: Mapping[str, str], content: bytes) -> Failure:
        return google_errors.failure(status, headers, content)


GOOGLE: Dialect = GoogleDialect()
