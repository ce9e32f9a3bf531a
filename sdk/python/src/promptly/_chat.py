"""`client.chat.completions`: OpenAI's resource, with our choices taken and our metadata typed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Unpack, overload

from openai import AsyncOpenAI, AsyncStream, OpenAI, Stream
from openai.resources.chat import AsyncChat as _AsyncChat
from openai.resources.chat import Chat as _Chat
from openai.resources.chat.completions import AsyncCompletions as _AsyncCompletions
from openai.resources.chat.completions import Completions as _Completions
from openai.types.chat import ChatCompletion as _ChatCompletion
from openai.types.chat.completion_create_params import (
    CompletionCreateParamsBase,
    CompletionCreateParamsNonStreaming,
    CompletionCreateParamsStreaming,
)
from typing_extensions import TypedDict  # of which OpenAI's are made; Python's own does not mix with it

from promptly._models import ChatCompletion, ChatCompletionChunk
from promptly._options import Cache, Level, Routing, as_headers

if TYPE_CHECKING:
    import httpx2


class _Options(TypedDict, total=False):
    """What `create` takes beside the request itself; the first four are ours."""

    level: Level | None
    cache: Cache | None
    routing: Routing | None
    tags: Mapping[str, str] | None
    extra_headers: Mapping[str, str] | None
    extra_query: Mapping[str, object] | None
    extra_body: object | None
    timeout: float | httpx2.Timeout | None


class Params(CompletionCreateParamsBase, _Options, total=False):
    """A request of which only a variable says whether it streams."""


class PlainParams(CompletionCreateParamsNonStreaming, _Options, total=False):
    """A request with one answer."""


class StreamedParams(CompletionCreateParamsStreaming, _Options, total=False):
    """A request whose answer streams."""


class Completions(_Completions):
    """Every method of OpenAI's resource; answers and chunks carry `promptly_metadata`."""

    def __init__(self, client: OpenAI) -> None:
        super().__init__(client)
        # All of the resource posts through this, parse and the raw forms too, and names the type that it wants.
        self._post = _typed(client.post, Stream[ChatCompletionChunk])

    @overload  # type: ignore[override]  # the same calls and four options more; only `omit` as a value is not taken
    def create(self, **params: Unpack[PlainParams]) -> ChatCompletion: ...
    @overload
    def create(self, **params: Unpack[StreamedParams]) -> Stream[ChatCompletionChunk]: ...
    @overload
    def create(self, *, stream: bool, **params: Unpack[Params]) -> ChatCompletion | Stream[ChatCompletionChunk]: ...
    def create(self, **params: Any) -> Any:
        """Answer a conversation; see OpenAI's documentation, and `promptly_headers` for `level` and its kin."""
        return super().create(**as_headers(params))


class AsyncCompletions(_AsyncCompletions):
    """The same, to be awaited."""

    def __init__(self, client: AsyncOpenAI) -> None:
        super().__init__(client)
        self._post = _typed(client.post, AsyncStream[ChatCompletionChunk])

    @overload  # type: ignore[override]  # as above
    async def create(self, **params: Unpack[PlainParams]) -> ChatCompletion: ...
    @overload
    async def create(self, **params: Unpack[StreamedParams]) -> AsyncStream[ChatCompletionChunk]: ...
    @overload
    async def create(
        self, *, stream: bool, **params: Unpack[Params]
    ) -> ChatCompletion | AsyncStream[ChatCompletionChunk]: ...
    async def create(self, **params: Any) -> Any:
        """Answer a conversation; see OpenAI's documentation, and `promptly_headers` for `level` and its kin."""
        return await super().create(**as_headers(params))


class Chat(_Chat):
    """OpenAI's `chat`, with our completions."""

    @cached_property
    def completions(self) -> Completions:
        return Completions(self._client)


class AsyncChat(_AsyncChat):
    """The same, to be awaited."""

    @cached_property
    def completions(self) -> AsyncCompletions:
        return AsyncCompletions(self._client)


def _typed(post: Any, streamed: Any) -> Any:
    """`post`, made to read completions as ours."""

    def typed(path: str, *, cast_to: Any, **options: Any) -> Any:
        if cast_to is _ChatCompletion:
            cast_to = ChatCompletion
            options["stream_cls"] = streamed
        return post(path, cast_to=cast_to, **options)

    return typed
