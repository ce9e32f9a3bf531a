"""What the gateway reads of an OpenAI answer. The bytes go on as they came where clients can read them, else mended."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Raw

from services.gateway.domain.attempts import Failure
from services.gateway.translate.fields import BROKEN, MAX_NAME, Fields, raw, read_object, too_many_parts, whole_text
from services.gateway.translate.openai_calls import distinct_ids
from services.gateway.translate.openai_errors import inside
from services.gateway.translate.openai_mend import mend_choice, mend_head
from services.gateway.translate.openai_usage import Usage, usage_of

_Name = Annotated[str, Meta(max_length=MAX_NAME)]
_NONE = Raw(b"")
_NOTHING: Mapping[str, Any] = {}
_EMPTY = frozenset((b"", b"null", b'""', b"{}", b"[]", b"false", b"0"))


class AnswerFunction(msgspec.Struct, frozen=True, kw_only=True):
    """What a tool call calls."""

    name: _Name
    arguments: str


class AnswerCall(msgspec.Struct, frozen=True, kw_only=True):
    """A tool call."""

    id: Annotated[str, Meta(min_length=1, max_length=MAX_NAME)]
    type: _Name = "function"
    function: AnswerFunction | None = None


class AnswerMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What the gateway looks at in an answer's message."""

    role: _Name
    content: str | None = None
    refusal: str | None = None
    reasoning_content: Any = None
    tool_calls: list[AnswerCall] | None = None
    function_call: AnswerFunction | None = None


class AnswerChoice(msgspec.Struct, frozen=True, kw_only=True):
    """One choice of an answer."""

    index: int
    message: AnswerMessage
    finish_reason: Literal["stop", "length", "tool_calls", "content_filter", "function_call"]
    usage: Raw = _NONE


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the gateway reads of a `chat.completion`; the object itself is passed on whole."""

    choices: list[AnswerChoice]
    usage: Raw = _NONE
    model: _Name | None = None
    id: _Name | None = None
    created: int | None = None
    service_tier: _Name | None = None

    @property
    def counted(self) -> Usage | None:
        """The tokens, wherever the answer says them."""
        places = [self.usage, *(choice.usage for choice in self.choices)]
        return next((found for place in places if bytes(place) and (found := usage_of(place)) is not None), None)

    @property
    def spoke(self) -> bool:
        """Whether it says anything but why it says nothing."""
        return any(choice.message.content or choice.message.tool_calls for choice in self.choices)

    @property
    def said(self) -> str:
        """Everything in it that the provider will have counted."""
        texts: list[Any] = []
        for message in (choice.message for choice in self.choices):
            texts += [message.content, message.refusal, message.reasoning_content]
            functions = [call.function for call in message.tool_calls or ()] + [message.function_call]
            texts += [text for one in functions if one is not None for text in (one.name, one.arguments)]
        return " ".join(text for text in texts if text and isinstance(text, str))

    @property
    def call_ids(self) -> list[str]:
        """The ids of all its tool calls."""
        return [call.id for choice in self.choices for call in choice.message.tool_calls or ()]


_decoder = msgspec.json.Decoder(Answer)


def read_answer(body: bytes, *, otherwise: Mapping[str, Any] = _NOTHING, legacy: bool = False) -> tuple[bytes, Answer]:
    """An answer for the client, and what is read of it. `Failure` for an error, or for what holds no answer; it says what
    the provider charged for it.

    `otherwise` has the id, the time and the model of an answer that has none; `legacy` turns the first call into the
    `function_call` of the older API.
    """
    if too_many_parts(body):
        raise Failure("malformed", "The answer holds more parts than this gateway reads.")
    try:
        answer = _decoder.decode(body)
        named = not otherwise or None not in (answer.id, answer.created, answer.model)
        if answer.choices and named and not (legacy and answer.call_ids) and _distinct(answer):
            return _with_usage(body, answer)
    except BROKEN:
        pass
    body = whole_text(body)
    fields = read_object(body)
    if fields is None:
        raise Failure("malformed", "The answer is not a chat completion.")
    choices = fields.objects("choices")
    if not choices:
        raise _refused(fields, body)
    mend_head(fields, otherwise)
    for position, choice in enumerate(choices):
        mend_choice(choice, "message", position)
        _mend_calls(choice, f"{otherwise.get('id', '')}:{position}", legacy)
    fields.values["choices"] = raw([Raw(choice.encode()) for choice in choices])
    body = fields.encode()
    try:
        return _with_usage(body, _decoder.decode(body))
    except BROKEN:
        raise Failure("malformed", "The answer is not a chat completion.") from None


def _with_usage(body: bytes, answer: Answer) -> tuple[bytes, Answer]:
    """Usage that clients cannot read is said as it was understood, or left out."""
    if not bytes(answer.usage) or bytes(answer.usage) == b"null":
        return body, answer
    usage = usage_of(answer.usage)
    if usage is not None and not usage.odd and usage.prompt_tokens is not None and usage.completion_tokens is not None:
        return body, answer
    fields = read_object(body) or Fields({})
    if usage is None:
        fields.values.pop("usage", None)
    else:
        fields.values["usage"] = raw(usage.openai())
    return fields.encode(), answer


def _refused(fields: Fields, body: bytes) -> Failure:
    """An answer without a choice: an error, or nothing."""
    counted = usage_of(fields.values.get("usage"))
    billed = counted.classes() if counted is not None and counted.billed else None
    if bytes(fields.values.get("error", b"")) not in _EMPTY or fields.text("message") or fields.text("detail"):
        failure = inside(body)
        failure.billed = billed
        return failure
    return Failure("malformed", "The answer has no choices.", billed=billed)


def _mend_calls(choice: Fields, seed: str, legacy: bool) -> None:
    message = choice.object("message")
    calls = message.objects("tool_calls")
    if not calls:
        return
    if legacy:
        del message.values["tool_calls"]
        message.values["function_call"] = Raw(calls[0].object("function").encode())
        if choice.value("finish_reason") == "tool_calls":
            choice.values["finish_reason"] = raw("function_call")
    elif distinct_ids(calls, seed):
        message.values["tool_calls"] = raw([Raw(call.encode()) for call in calls])
    choice.values["message"] = Raw(message.encode())


def _distinct(answer: Answer) -> bool:
    for choice in answer.choices:
        names = [call.id for call in choice.message.tool_calls or ()]
        if len(set(names)) < len(names):
            return False
    return True
