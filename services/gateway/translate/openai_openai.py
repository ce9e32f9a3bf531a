"""OpenAI chat in, OpenAI chat out: the parameters a model family takes, and usage in Promptly's disjoint classes."""

from collections.abc import Mapping
from typing import Any

import msgspec

from libs.common.catalog import Model
from libs.common.contracts.events import TokenClasses


class UsageDetails(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of a count; any may be missing or null."""

    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """OpenAI's usage object: prompt tokens include cached ones, completion tokens include reasoning."""

    prompt_tokens: int
    completion_tokens: int = 0
    prompt_tokens_details: UsageDetails | None = None
    completion_tokens_details: UsageDetails | None = None

    def classes(self) -> TokenClasses:
        """The same tokens, each in one class only."""
        prompt = self.prompt_tokens_details or UsageDetails()
        completion = self.completion_tokens_details or UsageDetails()
        read, write = prompt.cached_tokens or 0, prompt.cache_write_tokens or 0
        reasoning = completion.reasoning_tokens or 0
        return TokenClasses(
            uncached_input=max(0, self.prompt_tokens - read - write),
            cache_read=read,
            cache_write_5m=write,
            output_text=max(0, self.completion_tokens - reasoning),
            output_reasoning=reasoning,
        )


class AnswerMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What the gateway looks at in an answer's message."""

    content: str | None = None
    refusal: str | None = None
    tool_calls: list[Any] | None = None


class AnswerChoice(msgspec.Struct, frozen=True, kw_only=True):
    """One choice of an answer."""

    message: AnswerMessage
    finish_reason: str | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the gateway reads of a `chat.completion`; the object itself is passed on whole."""

    choices: list[AnswerChoice]
    usage: Usage | None = None
    model: str | None = None
    id: str | None = None


def request_body(
    raw: Mapping[str, msgspec.Raw], *, model: str, messages: msgspec.Raw | None, known: Model | None, stream: bool
) -> bytes:
    """The body for a provider: the client's object with `model` and, where given, `messages` replaced.

    A stream always asks for usage, because money is counted from it. A reasoning model takes `max_completion_tokens`
    where a client of another family sent `max_tokens`.
    """
    body = dict(raw)
    body["model"] = msgspec.Raw(msgspec.json.encode(model))
    if messages is not None:
        body["messages"] = messages
    if known is not None and known.can("reasoning") and "max_tokens" in body:
        limit = body.pop("max_tokens")
        body.setdefault("max_completion_tokens", limit)
    if stream:
        options = msgspec.json.decode(body["stream_options"]) if "stream_options" in body else None
        options = dict(options or {}, include_usage=True)
        body["stream_options"] = msgspec.Raw(msgspec.json.encode(options))
    return msgspec.json.encode(body)


def with_metadata(answer: bytes, metadata: bytes) -> bytes:
    """A JSON object with one more key, spliced in before the closing brace so that the rest stays as it came."""
    body = answer.rstrip()
    separator = b"," if len(body) > 2 else b""
    return b'%b%b"promptly_metadata":%b}' % (body[:-1].rstrip(), separator, metadata)
