"""What a type checker says of the client. `mypy --strict` passes; each ignored line has to be wrong, or mypy says so."""

from typing import assert_type

import openai
from openai import AsyncOpenAI, AsyncStream, OpenAI, Stream

import promptly
from promptly import AsyncPromptly, ChatCompletion, ChatCompletionChunk, Metadata, Promptly, wrap


def answers(client: Promptly, stream: bool) -> None:
    answer = client.chat.completions.create(
        model="gpt-4o",
        messages=[{"role": "user", "content": "Hello!"}],
        temperature=0.2,
        level="aggressive",
        cache="no-store",
        routing="manual",
        tags={"team": "search"},
    )
    assert_type(answer, ChatCompletion)
    assert_type(answer.promptly_metadata, Metadata | None)
    assert_type(answer.choices[0].message.content, str | None)
    if answer.promptly_metadata:
        assert_type(answer.promptly_metadata.savings, float | None)
        answer.promptly_metadata.saving  # type: ignore[attr-defined]
    chunks = client.chat.completions.create(model="gpt-4o", messages=[], stream=True)
    assert_type(chunks, Stream[ChatCompletionChunk])
    for chunk in chunks:
        assert_type(chunk.promptly_metadata, Metadata | None)
    either = client.chat.completions.create(model="gpt-4o", messages=[], stream=stream, level="off")
    assert_type(either, ChatCompletion | Stream[ChatCompletionChunk])
    as_before: openai.types.chat.ChatCompletion = answer
    assert as_before.choices


async def awaited(client: AsyncPromptly) -> None:
    answer = await client.chat.completions.create(model="gpt-4o", messages=[], level="off")
    assert_type(answer, ChatCompletion)
    chunks = await client.chat.completions.create(model="gpt-4o", messages=[], stream=True)
    assert_type(chunks, AsyncStream[ChatCompletionChunk])
    assert_type((await client.optimize("Hello!")).tokens_saved, int)
    assert_type((await client.credits()).balance_tokens, int | None)
    assert_type(await client.feedback("req_1", "good"), promptly.Feedback)


def calls(client: Promptly) -> None:
    assert_type(
        client.optimize("Hello!", similarity_threshold=0.9, metadata={"client_id": "c-7"}).optimized_prompt, str
    )
    assert_type(client.credits(), promptly.Credits)
    assert_type(client.feedback("req_1", "bad", cache_wrong=True).evicted, bool)
    assert_type(promptly.promptly_headers(level="off"), dict[str, str])
    assert_type(client.with_options(timeout=5), Promptly)


def wrapped(client: OpenAI, later: AsyncOpenAI) -> None:
    assert_type(wrap(client), OpenAI)
    assert_type(wrap(later), AsyncOpenAI)
    assert_type(wrap(Promptly()), Promptly)


def errors(client: Promptly) -> None:
    try:
        client.credits()
    except promptly.InsufficientCreditsError as error:
        assert_type(error.required, int | None)
    except openai.RateLimitError as error:
        error.retry_after  # type: ignore[attr-defined]
    except promptly.PromptlyError as error:
        assert_type(error.retry_after, float | None)
    limited: type[openai.RateLimitError] = promptly.RateLimitError
    assert limited


def wrong(client: Promptly) -> None:
    Promptly(apikey="sk-promptly-…")  # type: ignore[call-arg]
    client.chat.completions.create(model="gpt-4o", messages=[], level="high")  # type: ignore[call-overload]
    client.chat.completions.create(model="gpt-4o", messages=[], cache=True)  # type: ignore[call-overload]
    client.chat.completions.create(model="gpt-4o", messages=[], tags=["a"])  # type: ignore[call-overload]
    client.chat.completions.create(model="gpt-4o", messages=[], temprature=1)  # type: ignore[call-overload]
    client.chat.completions.create(model="gpt-4o")  # type: ignore[call-overload]
    client.feedback("req_1", "fine")  # type: ignore[arg-type]
    client.optimize(prompt=1)  # type: ignore[arg-type]
    client.optimize("Hello!", similarity=0.9)  # type: ignore[call-arg]
    wrap("client")  # type: ignore[type-var]
