"""The two clients: OpenAI's, pointed at Promptly."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypedDict, Unpack

from openai import AsyncOpenAI, OpenAI

from promptly import _calls, _environment
from promptly._chat import AsyncChat, Chat
from promptly._errors import MissingKeyError, PromptlyError, status_error
from promptly._models import Credits, Feedback, OptimizedPrompt
from promptly._options import Cache

if TYPE_CHECKING:
    import httpx2

_NO_KEY = "There is no Promptly key: pass api_key=… or set PROMPTLY_API_KEY."


class ClientOptions(TypedDict, total=False):
    """What else OpenAI's clients take."""

    organization: str | None
    project: str | None
    timeout: float | httpx2.Timeout | None
    max_retries: int
    default_headers: Mapping[str, str] | None
    default_query: Mapping[str, object] | None
    admin_api_key: str | None


class Promptly(OpenAI):
    """OpenAI's client, with Promptly's key, address, choices and errors."""

    def __init__(
        self,
        *,
        api_key: str | Callable[[], str] | None = None,
        base_url: str | httpx2.URL | None = None,
        http_client: httpx2.Client | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        """`PROMPTLY_API_KEY` and `PROMPTLY_BASE_URL` stand in for what is not given; OpenAI's variables never do."""
        key = api_key or _environment.key()
        if key is None:
            raise MissingKeyError(_NO_KEY)
        options.setdefault("admin_api_key", "")  # None would read OpenAI's from the environment
        super().__init__(
            api_key=key,
            base_url=base_url or _environment.base_url(),
            http_client=http_client,
            **options,
        )
        _forget_openais(self, options)

    @cached_property
    def chat(self) -> Chat:
        return Chat(self)

    def optimize(
        self,
        prompt: str,
        *,
        similarity_threshold: float | None = None,
        metadata: Mapping[str, object] | None = None,
        idempotency_key: str | None = None,
        cache: Cache | None = None,
    ) -> OptimizedPrompt:
        """Shorten one prompt; it costs its original tokens in credits, once, whatever is retried."""
        body = _calls.optimize(prompt, similarity_threshold, metadata)
        headers = _calls.optimize_headers(idempotency_key, cache)
        return self.post("/optimize", cast_to=OptimizedPrompt, body=body, options={"headers": headers})

    def credits(self) -> Credits:
        """What is left for `optimize`."""
        return self.get("/credits", cast_to=Credits)

    def feedback(
        self,
        request_id: str,
        rating: Literal["good", "bad"],
        *,
        cache_wrong: bool | None = None,
        comment: str | None = None,
    ) -> Feedback:
        """Say what an answer was worth; `cache_wrong` takes a cached answer back that was served for another question."""
        body = _calls.feedback(request_id, rating, cache_wrong, comment)
        return self.post("/feedback", cast_to=Feedback, body=body)

    def _make_status_error(self, err_msg: str, *, body: object, response: httpx2.Response) -> PromptlyError:
        return status_error(err_msg, body, response)


class AsyncPromptly(AsyncOpenAI):
    """The same, to be awaited."""

    def __init__(
        self,
        *,
        api_key: str | Callable[[], Awaitable[str]] | None = None,
        base_url: str | httpx2.URL | None = None,
        http_client: httpx2.AsyncClient | None = None,
        **options: Unpack[ClientOptions],
    ) -> None:
        """`PROMPTLY_API_KEY` and `PROMPTLY_BASE_URL` stand in for what is not given; OpenAI's variables never do."""
        key = api_key or _environment.key()
        if key is None:
            raise MissingKeyError(_NO_KEY)
        options.setdefault("admin_api_key", "")
        super().__init__(
            api_key=key,
            base_url=base_url or _environment.base_url(),
            http_client=http_client,
            **options,
        )
        _forget_openais(self, options)

    @cached_property
    def chat(self) -> AsyncChat:
        return AsyncChat(self)

    async def optimize(
        self,
        prompt: str,
        *,
        similarity_threshold: float | None = None,
        metadata: Mapping[str, object] | None = None,
        idempotency_key: str | None = None,
        cache: Cache | None = None,
    ) -> OptimizedPrompt:
        """Shorten one prompt; it costs its original tokens in credits, once, whatever is retried."""
        body = _calls.optimize(prompt, similarity_threshold, metadata)
        headers = _calls.optimize_headers(idempotency_key, cache)
        return await self.post("/optimize", cast_to=OptimizedPrompt, body=body, options={"headers": headers})

    async def credits(self) -> Credits:
        """What is left for `optimize`."""
        return await self.get("/credits", cast_to=Credits)

    async def feedback(
        self,
        request_id: str,
        rating: Literal["good", "bad"],
        *,
        cache_wrong: bool | None = None,
        comment: str | None = None,
    ) -> Feedback:
        """Say what an answer was worth; `cache_wrong` takes a cached answer back that was served for another question."""
        body = _calls.feedback(request_id, rating, cache_wrong, comment)
        return await self.post("/feedback", cast_to=Feedback, body=body)

    def _make_status_error(self, err_msg: str, *, body: object, response: httpx2.Response) -> PromptlyError:
        return status_error(err_msg, body, response)


def _forget_openais(client: OpenAI | AsyncOpenAI, options: ClientOptions) -> None:
    """Undo what OpenAI's client took from the environment: it is meant for OpenAI, and may hold a key."""
    client.organization = options.get("organization")
    client.project = options.get("project")
    client._custom_headers = options.get("default_headers") or {}  # noqa: SLF001  # there is no other way in
