"""What the gateway reads of an OpenAI answer, and its usage in Promptly's disjoint classes."""

from typing import Any

import msgspec

from libs.common.contracts.events import TokenClasses


class UsageDetails(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of a count; any may be missing or null. `cache_write_1h_tokens` is ours: part of `cache_write_tokens`."""

    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    cache_write_1h_tokens: int | None = None
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
        hour = prompt.cache_write_1h_tokens or 0
        reasoning = completion.reasoning_tokens or 0
        return TokenClasses(
            uncached_input=max(0, self.prompt_tokens - read - write),
            cache_read=read,
            cache_write_5m=max(0, write - hour),
            cache_write_1h=hour,
            output_text=max(0, self.completion_tokens - reasoning),
            output_reasoning=reasoning,
        )


class AnswerCall(msgspec.Struct, frozen=True, kw_only=True):
    """A tool call."""

    id: Any = None
    function: Any = None


class AnswerMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What the gateway looks at in an answer's message."""

    content: str | None = None
    refusal: str | None = None
    reasoning_content: Any = None
    tool_calls: list[AnswerCall] | None = None


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

    @property
    def said(self) -> str:
        """Everything in it that the provider will have counted."""
        messages = [choice.message for choice in self.choices]
        texts: list[Any] = [text for m in messages for text in (m.content, m.refusal, m.reasoning_content)]
        functions = [call.function for m in messages for call in m.tool_calls or () if isinstance(call.function, dict)]
        texts += [function.get(name) for function in functions for name in ("name", "arguments")]
        return " ".join(text for text in texts if text and isinstance(text, str))

    @property
    def call_ids(self) -> list[str]:
        """The ids of all its tool calls."""
        return [
            call.id for choice in self.choices for call in choice.message.tool_calls or () if isinstance(call.id, str)
        ]
