"""The clients: where they look for key and address, what they send, what they make of the answers."""

import openai
import pytest
from pydantic import BaseModel

import promptly
from promptly import AsyncPromptly, ChatCompletion, ChatCompletionChunk, Metadata, MissingKeyError, Promptly
from promptly._environment import DEFAULT_BASE_URL
from tests.unit.sdk.conftest import ANSWER, STREAM, Server

QUESTION = [{"role": "user", "content": "What is the capital of France?"}]


class Shape(BaseModel):
    x: int


def test_the_guide_s_client_needs_a_key_only() -> None:
    client = Promptly(api_key="sk-promptly-abc123")
    assert str(client.base_url) == f"{DEFAULT_BASE_URL}/"
    assert isinstance(client, openai.OpenAI)


def test_the_environment_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMPTLY_API_KEY", "sk-promptly-2")
    monkeypatch.setenv("PROMPTLY_BASE_URL", "http://localhost:8000/v1")
    for client in (Promptly(), AsyncPromptly()):
        assert client.api_key == "sk-promptly-2"
        assert str(client.base_url) == "http://localhost:8000/v1/"
    assert Promptly(api_key="sk-promptly-3", base_url="http://other/v1").api_key == "sk-promptly-3"


def test_openai_s_environment_does_not(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY"):
        monkeypatch.setenv(name, "sk-openai")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://elsewhere/v1")
    for kind in (Promptly, AsyncPromptly):
        with pytest.raises(MissingKeyError, match="PROMPTLY_API_KEY"):
            kind()
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-1")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "Authorization: Bearer sk-openai\nx-openai: 1")
    client = Promptly(api_key="sk-promptly-1", default_headers={"x-own": "1"}, base_url=server.url)
    server.will({"balance_tokens": 1, "currency": "GBP", "price_per_million_tokens": 0.1})
    for made in (client, client.copy()):
        made.credits()
        sent = server.last.headers
        assert (sent["authorization"], sent["x-own"]) == ("Bearer sk-promptly-1", "1")
        assert not {"x-openai", "openai-organization", "openai-project"} & {*sent}
    assert Promptly(api_key="sk-promptly-1", organization="org-2").copy().organization == "org-2"
    assert not client.admin_api_key
    assert not client.copy().admin_api_key
    assert str(Promptly(api_key="sk-promptly-1").base_url) == f"{DEFAULT_BASE_URL}/"


def test_an_answer_says_what_was_saved(client: Promptly, server: Server) -> None:
    server.will(ANSWER)
    answer = client.chat.completions.create(model="gpt-4o", messages=QUESTION, temperature=0.5)
    assert isinstance(answer, ChatCompletion)
    metadata = answer.promptly_metadata
    assert isinstance(metadata, Metadata)
    assert (metadata.routed_model, metadata.savings, metadata.optimizations) == ("gpt-4o-mini", 0.00034, ["routing"])
    assert (metadata.dropped_params, metadata.rule) == ([], None)
    assert metadata.model_extra == {"of_next_year": 1}
    assert server.last.path == "/v1/chat/completions"
    assert server.last.headers["authorization"] == "Bearer sk-promptly-1"
    assert server.last.body == {"model": "gpt-4o", "messages": QUESTION, "temperature": 0.5}
    assert not [name for name in server.last.headers if name.startswith("x-promptly")]


def test_a_request_chooses_for_itself(client: Promptly, server: Server) -> None:
    server.will(ANSWER)
    client.chat.completions.create(
        model="gpt-4o",
        messages=QUESTION,
        level="off",
        cache="no-store",
        routing="manual",
        tags={"team": "search", "env": "test"},
        extra_headers={"x-own": "1", "x-promptly-cache": "off"},
    )
    sent = {name: value for name, value in server.last.headers.items() if name.startswith(("x-promptly", "x-own"))}
    assert sent == {
        "x-promptly-level": "off",
        "x-promptly-cache": "off",
        "x-promptly-routing": "manual",
        "x-promptly-tags": "team=search,env=test",
        "x-own": "1",
    }
    assert set(server.last.body) == {"model", "messages"}
    with pytest.raises(ValueError, match="comma"):
        client.chat.completions.create(model="gpt-4o", messages=QUESTION, tags={"a": "b,c=d"})


def test_the_last_chunk_says_what_was_saved(client: Promptly, server: Server) -> None:
    server.will(STREAM)
    chunks = list(client.chat.completions.create(model="gpt-4o", messages=QUESTION, stream=True, level="off"))
    assert all(isinstance(chunk, ChatCompletionChunk) for chunk in chunks)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "Paris."
    assert chunks[0].promptly_metadata is None
    assert chunks[-1].promptly_metadata is not None
    assert chunks[-1].promptly_metadata.request_id == "req_1"
    assert server.last.headers["x-promptly-level"] == "off"


def test_the_rest_of_openai_s_client_works_as_before(client: Promptly, server: Server) -> None:
    server.will(ANSWER)
    raw = client.chat.completions.with_raw_response.create(model="gpt-4o", messages=QUESTION)
    assert isinstance(raw.parse(), ChatCompletion)
    with client.chat.completions.with_streaming_response.create(model="gpt-4o", messages=QUESTION) as response:
        assert isinstance(response.parse(), ChatCompletion)
    own = promptly.promptly_headers(level="conservative")
    parsed = client.chat.completions.parse(model="gpt-4o", messages=QUESTION, response_format=Shape, extra_headers=own)
    assert parsed.choices[0].message.parsed == Shape(x=1)
    assert promptly.metadata_of(parsed).request_id == "req_1"
    assert server.last.headers["x-promptly-level"] == "conservative"
    later = client.with_options(timeout=3, max_retries=1)
    assert isinstance(later, Promptly)
    assert (later.api_key, later.base_url) == (client.api_key, client.base_url)
    assert later.chat.completions.create(model="gpt-4o", messages=QUESTION).promptly_metadata is not None


def test_the_stream_helper_works_as_before(client: Promptly, server: Server) -> None:
    server.will(STREAM)
    with client.chat.completions.stream(model="gpt-4o", messages=QUESTION) as stream:
        found = [promptly.metadata_of(event.chunk) for event in stream if event.type == "chunk"]
        assert stream.get_final_completion().choices[0].message.content == "Paris."
    assert found[-1] is not None
    assert found[-1].routed_model == "gpt-4o-mini"


def test_optimize_is_charged_once_whatever_is_retried(server: Server) -> None:
    server.will({"success": False, "error": {"code": "INTERNAL_ERROR", "message": "x", "details": {}}}, 500)
    server.will(
        {
            "optimized_prompt": "Write factorial.",
            "original_prompt": "Please write factorial.",
            "original_tokens": 32,
            "compressed_tokens": 15,
            "tokens_saved": 17,
            "similarity_score": 0.96,
            "latency_ms": 18.5,
            "cache_hit": True,
            "optimizer_model": "rules",
        }
    )
    with Promptly(api_key="sk_live_1", base_url=server.url, max_retries=1) as client:
        found = client.optimize("Please write factorial.", similarity_threshold=0.8, metadata={"client_id": "c-7"})
        assert (found.optimized_prompt, found.tokens_saved, found.similarity_score) == ("Write factorial.", 17, 0.96)
        first, second = server.asked
        assert first.path == "/v1/optimize"
        assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
        assert second.body == {
            "prompt": "Please write factorial.",
            "similarity_threshold": 0.8,
            "metadata": {"client_id": "c-7"},
        }
        client.optimize("x")
        assert server.last.headers["idempotency-key"] != first.headers["idempotency-key"]
        assert server.last.body == {"prompt": "x"}
        client.optimize("x", idempotency_key="mine", cache="off")
        assert server.last.headers["idempotency-key"] == "mine"
        assert server.last.headers["x-promptly-cache"] == "off"


def test_credits_and_feedback(client: Promptly, server: Server) -> None:
    server.will({"balance_tokens": None, "currency": "GBP", "price_per_million_tokens": 0.1})
    server.will({"request_id": "req_1", "rating": "bad", "evicted": True})
    assert client.credits().balance_tokens is None
    assert (server.last.method, server.last.path) == ("GET", "/v1/credits")
    assert client.feedback("req_1", "bad", cache_wrong=True).evicted
    assert server.last.body == {"request_id": "req_1", "rating": "bad", "cache_wrong": True}


async def test_the_same_can_be_awaited(server: Server) -> None:
    async with AsyncPromptly(api_key="sk-promptly-1", base_url=server.url, max_retries=0) as client:
        server.will(ANSWER)
        answer = await client.chat.completions.create(model="gpt-4o", messages=QUESTION, tags={"a": "b"})
        assert answer.promptly_metadata is not None
        assert server.last.headers["x-promptly-tags"] == "a=b"
        server.answers = [(200, STREAM, {})]
        chunks = [c async for c in await client.chat.completions.create(model="gpt-4o", messages=QUESTION, stream=True)]
        assert chunks[-1].promptly_metadata is not None
        server.answers = [(402, {"detail": "Spent.", "error": {"message": "Spent.", "code": "budget_exceeded"}}, {})]
        with pytest.raises(promptly.BudgetExceededError, match=r"^Spent\.$"):
            await client.credits()


def test_what_is_exported_is_what_is_listed() -> None:
    shown = {
        name for name in vars(promptly) if not name.startswith("_") and not hasattr(vars(promptly)[name], "__path__")
    }
    assert shown | {"__version__"} == set(promptly.__all__)
    assert list(promptly.__all__) == sorted(promptly.__all__)
