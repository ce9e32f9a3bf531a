"""A client's chat request: read, checked, and kept whole.

The body stays the object that the client sent, key by key, so that a parameter nobody here knows still reaches the
provider. Only `model` and `messages` are ever replaced.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Annotated, Any, Literal, Protocol

import msgspec
from msgspec import UNSET, Meta, UnsetType

from libs.common.beginnings import beginnings
from libs.common.errors import BadRequest
from libs.common.net_guard import image_forbidden_reason
from services.gateway.domain.invalid import invalid
from services.gateway.domain.json_depth import MAX_DEPTH, too_deep
from services.gateway.domain.plain_messages import are_plain

MAX_MESSAGES = 20_000
_INT32 = 2**31 - 1
_MAX_END_USER = 512

Text = Annotated[str, Meta(max_length=10 << 20)]
Penalty = Annotated[float, Meta(ge=-2, le=2)]
Count = Annotated[int, Meta(ge=1, le=_INT32)]


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What the gateway reads of a message; the rest travels as it is."""

    role: Literal["developer", "system", "user", "assistant", "tool", "function"]
    content: str | list[dict[str, Any]] | UnsetType | None = UNSET
    tool_calls: list[dict[str, Any]] | None = None
    function_call: dict[str, Any] | None = None
    tool_call_id: str | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        """Its text parts, in order."""
        if isinstance(self.content, str):
            return (self.content,)
        if isinstance(self.content, list):
            return tuple(p["text"] for p in self.content if p.get("type") == "text" and isinstance(p.get("text"), str))
        return ()

    @property
    def part_types(self) -> set[str]:
        """The kinds of its content parts."""
        return {str(part.get("type")) for part in self.content} if isinstance(self.content, list) else set()


class StreamOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a client may say about its stream."""

    include_usage: bool | None = None


class ResponseFormat(msgspec.Struct, frozen=True, kw_only=True):
    """The shape an answer must have."""

    type: Literal["text", "json_object", "json_schema", "grammar", "python"]


class ChatFields(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters that the gateway checks or acts on. Unknown ones are not looked at."""

    model: Annotated[str, Meta(min_length=1, max_length=256)]
    messages: Annotated[list[Message], Meta(min_length=1, max_length=MAX_MESSAGES)]
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    max_tokens: Count | None = None
    max_completion_tokens: Count | None = None
    frequency_penalty: Penalty | None = None
    presence_penalty: Penalty | None = None
    n: Annotated[int, Meta(ge=1, le=128)] | None = None
    stop: Annotated[str, Meta(min_length=1)] | Annotated[list[str], Meta(max_length=4)] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    user: Annotated[str, Meta(max_length=512)] | None = None
    safety_identifier: Any = None
    service_tier: Any = None
    metadata: Any = None
    tools: list[dict[str, Any]] | None = None
    functions: list[dict[str, Any]] | None = None
    response_format: ResponseFormat | None = None


class OwnFormat(Protocol):
    """What a request that is only shown as a chat leaves free, and how it takes what was made of that.

    `held` are the positions of messages that stay as they came, `fixed` those whose texts do; `whole`: no message may be left out;
    `marked` is how many messages stand before the client's last mark for a provider's cache.
    """

    @property
    def held(self) -> tuple[int, ...]: ...
    @property
    def fixed(self) -> tuple[int, ...]: ...
    @property
    def whole(self) -> bool: ...
    @property
    def marked(self) -> int: ...

    def body(self, messages: msgspec.Raw, positions: Sequence[int]) -> bytes | None:
        """The client's own body with what these messages say, each of which stood at its position in the chat (-1: nowhere). None
        where the format has no form for them.
        """
        ...


class Chat(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A request that can be served: `raw` is the client's object, key by key, as it came. `own` is what the client's own format says
    to changes; None: this is that format.
    """

    raw: dict[str, msgspec.Raw]
    fields: ChatFields
    own: OwnFormat | None = None

    @cached_property
    def written(self) -> list[msgspec.Raw]:
        """The messages one by one, each as the client wrote it."""
        return _messages_decoder.decode(self.raw["messages"])

    @cached_property
    def beginnings(self) -> list[bytes]:
        """A digest of each beginning of the conversation, the shortest first: several steps tell conversations apart by them, and a
        long one takes a while to go through.
        """
        return beginnings(self.written)

    @property
    def stream(self) -> bool:
        """Whether the client wants server-sent events."""
        return self.fields.stream is True

    @property
    def wants_usage(self) -> bool:
        """Whether the client requested the usage chunk of a stream."""
        options = self.fields.stream_options
        return options is not None and options.include_usage is True

    @property
    def service_tier(self) -> str | None:
        """How it is to be served, if the client says so."""
        tier = self.fields.service_tier
        return tier if isinstance(tier, str) and tier else None

    @property
    def sounds(self) -> bool:
        """Whether there is something to listen to."""
        return any(
            isinstance(message.content, list) and "input_audio" in message.part_types
            for message in self.fields.messages
        )

    @property
    def end_user(self) -> str | None:
        """The end user whom the client names: `user`, else OpenAI's newer name for it or Anthropic's."""
        metadata = self.fields.metadata
        theirs = metadata.get("user_id") if isinstance(metadata, dict) else None
        for name in (self.fields.user, self.fields.safety_identifier, theirs):
            if isinstance(name, str) and (kept := "".join(filter(str.isprintable, name))[:_MAX_END_USER]):
                return kept
        return None

    @property
    def legacy(self) -> bool:
        """Whether the client knows `functions` only, and so reads no tool calls."""
        return bool(self.fields.functions) and not self.fields.tools

    @property
    def goes_on(self) -> bool:
        """Whether the model has said something before."""
        return any(message.role == "assistant" for message in self.fields.messages)

    @property
    def last_user(self) -> Message | None:
        """The last message, if a user wrote it."""
        last = self.fields.messages[-1]
        return last if last.role == "user" else None

    @property
    def prompt(self) -> str:
        """The text of the newest user turn, wherever it stands."""
        for message in reversed(self.fields.messages):
            if message.role == "user":
                return "\n".join(message.texts)
        return ""


_fields_decoder = msgspec.json.Decoder(ChatFields)
_messages_decoder = msgspec.json.Decoder(list[msgspec.Raw])
_raw_decoder = msgspec.json.Decoder(dict[str, msgspec.Raw])


def parse(body: bytes) -> Chat:
    """Read a request body; `BadRequest` names the field that is wrong."""
    try:
        raw = _raw_decoder.decode(body)
        fields = _fields_decoder.decode(body)
    except msgspec.ValidationError as error:
        raise invalid(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BadRequest("The body is not valid JSON.", code="invalid_json") from None
    except RecursionError:
        raise BadRequest("The body is nested too deeply.", code="invalid_json") from None
    for name, value in raw.items():
        if not (name == "messages" and are_plain(value)) and too_deep(bytes(value)):
            raise BadRequest(f"`{name}` is nested deeper than {MAX_DEPTH} levels.", param=name)
    for position, message in enumerate(fields.messages):
        _check_message(position, message)
        _check_images(position, message)
    if isinstance(fields.stop, list) and "" in fields.stop:
        raise BadRequest("`stop` may not hold an empty string.", param="stop")
    return Chat(raw=raw, fields=fields)


def opening(chat: Chat) -> bytes:
    """What a conversation begins with: all up to its first user's turn, which each of its later requests begins with, too."""
    first = next((at for at, message in enumerate(chat.fields.messages) if message.role == "user"), 0)
    return b"\n".join(map(bytes, chat.written[: first + 1]))


def _check_message(position: int, message: Message) -> None:
    calls = message.role == "assistant" and bool(message.tool_calls or message.function_call)
    if message.content is None or message.content is UNSET:
        if not calls and message.role != "assistant":
            field = f"messages[{position}].content"
            raise BadRequest(f"`{field}` must be text or a list of parts.", param=field)
    elif isinstance(message.content, list) and not message.content and not calls:
        field = f"messages[{position}].content"
        raise BadRequest(f"`{field}` may not be an empty list.", param=field)


def _check_images(position: int, message: Message) -> None:
    """What a provider is to fetch must not be something of its own, or of ours."""
    for at, part in enumerate(message.content if isinstance(message.content, list) else ()):
        if part.get("type") != "image_url":
            continue
        image = part.get("image_url")
        url = image.get("url") if isinstance(image, dict) else image
        if isinstance(url, str) and (reason := image_forbidden_reason(url)) is not None:
            field = f"messages[{position}].content[{at}].image_url.url"
            raise BadRequest(f"`{field}` cannot be used. {reason}", param=field)
