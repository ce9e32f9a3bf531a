"""The Python SDK against everything running, and its README line by line."""

from collections.abc import Iterator

import openai
import pytest
from openai import AsyncOpenAI, OpenAI

import promptly
from promptly import AsyncPromptly, Promptly, metadata_of, wrap
from tests.fixtures.running import Account, Running, wait_for
from tests.sdk_python.wheel import examples

WORDY = (
    "Please note that I would like you to write a detailed Python function that calculates factorial using recursion.\n\n\n\n"
    "In order to make it clear, it is important to note that the function should raise ValueError for n < 0.   "
)


def asking(content: str) -> list[openai.types.chat.ChatCompletionMessageParam]:
    return [{"role": "user", "content": content}]


@pytest.fixture
def account(running: Running) -> Account:
    return running.account()


@pytest.fixture
def client(account: Account) -> Iterator[Promptly]:
    with Promptly(api_key=account.api_key, base_url=f"{account.running.url}/v1", max_retries=0) as made:
        yield made


def test_plain_streamed_and_parsed(client: Promptly) -> None:
    answer = client.chat.completions.create(model="gpt-4o", messages=asking("What is the capital of France?"))
    assert answer.choices[0].message.content
    assert answer.promptly_metadata is not None
    assert (answer.promptly_metadata.baseline_model, answer.promptly_metadata.routed_model) == ("gpt-4o", "gpt-4o-mini")
    assert (answer.promptly_metadata.savings or 0) > 0
    assert not answer.promptly_metadata.model_extra  # the model knows every field that is sent
    for usage in (True, False):
        stream = client.chat.completions.create(
            model="gpt-4o",
            messages=asking(f"Write a poem about code, {usage}."),
            stream=True,
            stream_options={"include_usage": usage},
        )
        *first, last = list(stream)
        assert all(chunk.promptly_metadata is None for chunk in first)
        assert last.promptly_metadata is not None
        assert last.promptly_metadata.request_id.startswith("req_")
    raw = client.chat.completions.with_raw_response.create(model="gpt-4o", messages=asking("Hello!"))
    assert raw.headers["x-promptly-request-id"] == metadata_of(raw.parse()).request_id
    with client.chat.completions.stream(model="gpt-4o", messages=asking("Name a river.")) as events:
        said = [metadata_of(event.chunk) for event in events if event.type == "chunk"]
        assert events.get_final_completion().choices[0].message.content
    assert said[-1].baseline_model == "gpt-4o"
    assert metadata_of(client.completions.create(model="gpt-4o", prompt="Say hello.")).baseline_model == "gpt-4o"
    assert "gpt-4o" in {model.id for model in client.models.list()}


def test_a_request_s_own_choices_reach_the_gateway(client: Promptly, account: Account) -> None:
    wordy = "What  is   the capital   of Peru?"

    def ask(**choices: object) -> promptly.Metadata:
        answer: promptly.ChatCompletion = client.chat.completions.create(
            model="gpt-4o", messages=asking(wordy), **choices
        )
        assert answer.promptly_metadata is not None
        return answer.promptly_metadata

    first = ask(level="off", routing="manual", tags={"team": "search", "env": "test"})
    assert first.routed_model == "gpt-4o"
    assert first.original_tokens == first.optimized_tokens
    wait_for(lambda: ask(level="off", routing="manual").cache_hit)
    assert not ask(level="off", routing="manual", cache="off").cache_hit
    tagged = [entry for entry in account.log(3) if entry["id"] == first.request_id]
    assert tagged[0]["tags"] == {"team": "search", "env": "test"}
    with pytest.raises(promptly.BadRequestError, match="x-promptly-level") as caught:
        ask(level="high")
    assert caught.value.code == "invalid_header"
    assert caught.value.request_id.startswith("req_")


def test_optimize_credits_and_feedback(client: Promptly) -> None:
    before = client.credits()
    assert (before.balance_tokens, before.currency) == (1_000_000, "GBP")
    found = client.optimize(WORDY, similarity_threshold=0.85, metadata={"client_id": "c-7"}, idempotency_key="one")
    assert 0 < found.compressed_tokens < found.original_tokens
    assert found.tokens_saved == found.original_tokens - found.compressed_tokens
    assert 0.85 <= found.similarity_score <= 1
    assert not found.model_extra
    again = client.optimize(WORDY, similarity_threshold=0.85, metadata={"client_id": "c-7"}, idempotency_key="one")
    assert again == found
    wait_for(lambda: client.credits().balance_tokens == 1_000_000 - found.original_tokens)
    with pytest.raises(promptly.IdempotencyMismatchError):
        client.optimize("Something else.", idempotency_key="one")
    with pytest.raises(promptly.BadRequestError) as caught:
        client.optimize("")
    assert caught.value.code == "BAD_REQUEST"
    answer = client.chat.completions.create(model="gpt-4o", messages=asking("What is the capital of Chile?"))
    kept = client.feedback(answer.promptly_metadata.request_id, "good", comment="It was.")
    assert (kept.rating, kept.evicted) == ("good", False)
    with pytest.raises(openai.NotFoundError):
        client.feedback("req_0198f0a1c2d37e4f8a9b0c1d2e3f4a5b", "bad")


def test_more_than_is_left_is_refused(client: Promptly) -> None:
    dear = "🦤" * 40_000  # several tokens each: the credits are spent before the rate limit is

    def spend() -> None:
        for number in range(50):
            client.optimize(f"{number} {dear}", similarity_threshold=1.0)

    with pytest.raises(promptly.InsufficientCreditsError) as caught:
        spend()
    assert (caught.value.required or 0) > (caught.value.available or 0) >= 0


def test_a_key_that_is_refused(running: Running) -> None:
    with Promptly(api_key="sk-promptly-wrong", base_url=f"{running.url}/v1", max_retries=0) as client:
        for call in (client.credits, client.models.list, lambda: client.optimize("Hello!")):
            with pytest.raises(openai.AuthenticationError) as caught:
                call()
            assert isinstance(caught.value, promptly.PromptlyError)


async def test_the_same_awaited(account: Account) -> None:
    url = f"{account.running.url}/v1"
    async with AsyncPromptly(api_key=account.api_key, base_url=url, max_retries=0) as client:
        answer = await client.chat.completions.create(model="gpt-4o", messages=asking("Hello!"), level="off")
        assert answer.promptly_metadata is not None
        stream = await client.chat.completions.create(model="gpt-4o", messages=asking("A poem."), stream=True)
        assert [chunk async for chunk in stream][-1].promptly_metadata is not None
        assert (await client.optimize(WORDY)).original_tokens > 0
        assert (await client.credits()).balance_tokens is not None
        assert (await client.feedback(answer.promptly_metadata.request_id, "bad")).rating == "bad"


async def test_wrapped_clients(account: Account) -> None:
    url = f"{account.running.url}/v1"
    with wrap(OpenAI(api_key=account.api_key), base_url=url) as client:
        answer = client.chat.completions.create(model="gpt-4o", messages=asking("Hello!"))
        assert metadata_of(answer).baseline_model == "gpt-4o"
    async with wrap(AsyncOpenAI(api_key="sk-proj-1"), api_key=account.api_key, base_url=url) as later:
        assert metadata_of(await later.chat.completions.create(model="gpt-4o", messages=asking("Hello!")))


def test_the_readme_does_what_it_says(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMPTLY_API_KEY", account.api_key)
    monkeypatch.setenv("PROMPTLY_BASE_URL", f"{account.running.url}/v1")
    names: dict[str, object] = {"__name__": "readme"}
    assert len(examples()) == 9
    for block in examples():
        exec(compile(block, "sdk/python/README.md", "exec"), names)


def test_a_stream_that_breaks_off(client: Promptly, account: Account) -> None:
    account.running.script(**{"gpt-4o": [{"error_after": 5, "chunk_delay": 0.01}]})
    with pytest.raises(openai.APIError) as caught:
        list(
            client.chat.completions.create(
                model="gpt-4o", messages=asking("Count."), stream=True, cache="off", routing="manual"
            )
        )
    assert not isinstance(caught.value, openai.APIStatusError)
    assert caught.value.message
