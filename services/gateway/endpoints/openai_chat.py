"""POST /v1/chat/completions."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from libs.common.contracts.auth import Scope
from libs.common.errors import PromptlyError
from libs.common.http_errors import retry_headers
from services.gateway.domain import chat, turns
from services.gateway.domain.cache_key import CacheKey, cache_key, cacheable
from services.gateway.domain.chat import Chat
from services.gateway.domain.plan import is_changed
from services.gateway.domain.request import Envelope, Kind, Request
from services.gateway.domain.turns import CallIds
from services.gateway.endpoints.base import (
    AnswerStream,
    AnswerSummary,
    Attempt,
    CompleteAnswer,
    DecodedAnswer,
    ErrorResponse,
)
from services.gateway.formats.envelope import with_field
from services.gateway.formats.json_fields import encode
from services.gateway.providers.base import EncodedRequest
from services.gateway.translate.dialect import Asked, Dialect
from services.gateway.translate.either import EitherChunks, named, whole
from services.gateway.translate.errors import error_body
from services.gateway.translate.openai_answer import read_answer
from services.gateway.translate.openai_openai import with_metadata
from services.gateway.translate.openai_replay import replay
from services.gateway.translate.openai_stream import OpenAIStream
from services.gateway.translate.sse import event

_WHOLE = ("stop", "tool_calls")
_FOR_COUNTING = {"stream_options"}


class ChatEnvelope(Envelope, frozen=True, kw_only=True):
    """A chat request: its fields are decoded at once, because all of them are checked."""

    chat: Chat


class OpenAIChat:
    """OpenAI's chat format; see `Endpoint`."""

    kind: Kind = "chat"
    surface = "chat"
    scope: Scope = "chat"
    operation = "chat"
    routes: tuple[str, ...] = ("/v1/chat/completions",)

    def head(self, body: bytes, headers: Mapping[str, str], query: str) -> ChatEnvelope:
        read = chat.parse(body)
        fields = read.fields
        return ChatEnvelope(
            raw=body,
            top=read.raw,
            model=fields.model,
            stream=read.stream,
            max_tokens=fields.max_completion_tokens or fields.max_tokens,
            choices=fields.n or 1,
            end_user=read.end_user,
            tier=read.service_tier,
            session=headers.get("x-session-id"),
            tools=len(fields.tools or ()) + len(fields.functions or ()),
            chat=read,
        )

    def for_model(self, envelope: Envelope, model: str) -> ChatEnvelope:
        body = with_field(envelope.raw, envelope.top, "model", encode(model))
        return msgspec.structs.replace(self.head(body, {}, ""), session=envelope.session)

    def chat_view(self, envelope: Envelope) -> Chat:
        assert isinstance(envelope, ChatEnvelope)
        return envelope.chat

    def call_ids(self, envelope: Envelope) -> CallIds:
        return turns.of_chat(self.chat_view(envelope))

    def cache_key(self, envelope: Envelope, shape: dict[str, Any], application: str | None) -> CacheKey | None:
        read = self.chat_view(envelope)
        return cache_key(read, shape, application) if cacheable(read) else None

    def encode(self, attempt: Attempt) -> EncodedRequest:
        """Top-level values that nobody changes are copied as they came."""
        request, plan = attempt.request, attempt.plan
        outgoing = _dialect(attempt).request(
            Asked(
                raw=self.chat_view(request.envelope).raw,
                messages=request.messages if plan.shorter is None else plan.shorter.messages,
                model=attempt.target.served_model,
                known=attempt.known,
                stream=request.envelope.stream,
                kept=turns.without_blocks(plan.recalled) if plan.fallback_used else plan.recalled,
                without=attempt.without,
            )
        )
        return EncodedRequest(
            surface=attempt.provider.chat_surface,
            stream=request.envelope.stream,
            body=outgoing.body,
            dropped=outgoing.dropped,
            added=outgoing.added,
            raw=(
                self.surface in attempt.provider.surfaces
                and not (is_changed(request, plan) or outgoing.dropped)
                and {*outgoing.added} <= _FOR_COUNTING
            ),
        )

    def decode(self, attempt: Attempt, data: bytes) -> DecodedAnswer:
        found = whole(_dialect(attempt), data, **_named(attempt))
        return DecodedAnswer(body=found.body, kept=found.kept)

    def read(self, attempt: Attempt, decoded: DecodedAnswer) -> CompleteAnswer:
        body, answer = read_answer(
            decoded.body, otherwise=named(**_named(attempt)), legacy=self.chat_view(attempt.request.envelope).legacy
        )
        ids = answer.call_ids
        return CompleteAnswer(
            body=body,
            summary=AnswerSummary(
                model=answer.model,
                service_tier=answer.service_tier,
                usage=answer.counted,
                text=answer.said,
                has_content=answer.spoke,
                complete=all(choice.finish_reason in _WHOLE for choice in answer.choices),
                has_tool_calls=any(choice.message.tool_calls for choice in answer.choices),
                tool_calls=turns.of_answer(dict(decoded.kept), ids, attempt.target.served_model) if ids else {},
            ),
        )

    def stream(self, attempt: Attempt) -> AnswerStream:
        return ChatStream(attempt, self.chat_view(attempt.request.envelope))

    def with_metadata(self, body: bytes, metadata: bytes) -> bytes:
        return with_metadata(body, metadata)

    def media_type(self, envelope: Envelope) -> str:
        return "text/event-stream; charset=utf-8" if envelope.stream else "application/json"

    def replay(self, request: Request, body: bytes, metadata: bytes) -> bytes:
        if not request.envelope.stream:
            return with_metadata(body, metadata)
        answer = msgspec.json.decode(body)
        wants_usage = self.chat_view(request.envelope).wants_usage
        return replay(answer, answer.get("usage"), metadata, wants_usage=wants_usage)

    def error(self, error: PromptlyError, request_id: str) -> ErrorResponse:
        body = msgspec.json.encode(error_body(error))
        return ErrorResponse(status=error.status, body=body, headers=retry_headers(error))

    def stream_error(self, error: PromptlyError, request_id: str) -> bytes:
        """An error object, and no `[DONE]`."""
        return event(msgspec.json.encode(error_body(error)))


class ChatStream(OpenAIStream):
    """A stream of chat chunks; see `AnswerStream`."""

    def __init__(self, attempt: Attempt, request: Chat) -> None:
        super().__init__(
            EitherChunks(_dialect(attempt), **_named(attempt)),
            wants_usage=request.wants_usage,
            otherwise=named(**_named(attempt)),
            legacy=request.legacy,
        )
        self._served_model = attempt.target.served_model
        self._request_id = attempt.request.id

    def error(self, error: PromptlyError) -> bytes:
        return OPENAI_CHAT.stream_error(error, self._request_id)

    def keep_alive(self) -> bytes:
        """A comment, which clients pass over."""
        return b": ping\n\n"

    def summary(self) -> AnswerSummary:
        ids, usage = self.call_ids, self.usage
        if usage is None and (begun := self.counted) is not None:
            # The prompt is the provider's own count, the answer is ours.
            usage = msgspec.structs.replace(begun, completion_tokens=None, reasoning=0)
        return AnswerSummary(
            model=self.model,
            service_tier=self.service_tier,
            usage=usage,
            text=self.said,
            has_content=self.spoke,
            complete=all(reason in _WHOLE for reason in self.finish_reasons.values()),
            has_tool_calls=bool(ids) and not self.legacy,
            storable=self.storable,
            tool_calls=turns.of_answer(self.kept, ids, self._served_model) if ids else {},
        )

    def body(self) -> bytes:
        return msgspec.json.encode(self.answer())


OPENAI_CHAT: Final = OpenAIChat()


def _dialect(attempt: Attempt) -> Dialect:
    found = attempt.provider.chat
    assert found is not None, "targets are chosen among the providers that answer chat"
    return found


def _named(attempt: Attempt) -> dict[str, Any]:
    return {"model": attempt.target.served_model, "request_id": attempt.request.id, "created": attempt.created}
