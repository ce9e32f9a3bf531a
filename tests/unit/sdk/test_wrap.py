"""`wrap`: the same client, pointed at Promptly, and never with a provider's key."""

import openai
import pytest
from openai import AsyncOpenAI, AzureOpenAI, OpenAI

from promptly import MissingKeyError, Promptly, metadata_of, wrap
from promptly._environment import DEFAULT_BASE_URL
from tests.unit.sdk.conftest import ANSWER, STREAM, Server


class Own(OpenAI):
    pass


def test_the_same_client_asks_promptly(server: Server) -> None:
    server.will(ANSWER)
    before = OpenAI(api_key="sk-promptly-1", timeout=7, max_retries=4, default_headers={"x-own": "1"})
    client = wrap(before, base_url=server.url)
    assert type(client) is OpenAI
    assert (client.timeout, client.max_retries, client._client) == (7, 4, before._client)
    assert str(before.base_url) == "https://api.openai.com/v1/"
    answer = client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "Hello!"}])
    assert type(answer) is openai.types.chat.ChatCompletion
    metadata = metadata_of(answer)
    assert metadata is not None
    assert metadata.savings == 0.00034
    assert (server.last.headers["x-own"], server.last.headers["authorization"]) == ("1", "Bearer sk-promptly-1")
    assert metadata_of(openai.types.chat.ChatCompletion.construct()) is None


async def test_an_asynchronous_client_too(server: Server) -> None:
    server.will(STREAM)
    client = wrap(AsyncOpenAI(api_key="sk_live_1"), base_url=server.url)
    assert type(client) is AsyncOpenAI
    chunks = [c async for c in await client.chat.completions.create(model="gpt-4o", messages=[], stream=True)]
    found = metadata_of(chunks[-1])
    assert found is not None
    assert found.request_id == "req_1"


def test_type_and_address(monkeypatch: pytest.MonkeyPatch) -> None:
    assert type(wrap(Own(api_key="sk-promptly-1"))) is Own
    assert isinstance(wrap(Promptly(api_key="sk-promptly-1")), Promptly)
    assert str(wrap(OpenAI(api_key="sk-promptly-1")).base_url) == f"{DEFAULT_BASE_URL}/"
    monkeypatch.setenv("PROMPTLY_BASE_URL", "http://localhost:8000/v1")
    assert str(wrap(OpenAI(api_key="sk-promptly-1")).base_url) == "http://localhost:8000/v1/"


def test_a_provider_s_key_never_goes_to_promptly(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MissingKeyError, match="PROMPTLY_API_KEY"):
        wrap(OpenAI(api_key="sk-proj-1"))
    assert wrap(OpenAI(api_key="sk-proj-1"), api_key="sk-promptly-1").api_key == "sk-promptly-1"
    monkeypatch.setenv("PROMPTLY_API_KEY", "sk-promptly-2")
    assert wrap(OpenAI(api_key="sk-proj-1")).api_key == "sk-promptly-2"
    assert wrap(OpenAI(api_key="sk-promptly-3")).api_key == "sk-promptly-3"
    headers = {"Authorization": "Bearer sk-proj-1", "x-own": "1"}
    server.will(ANSWER)
    client = wrap(OpenAI(api_key="sk-promptly-3", default_headers=headers), base_url=server.url)
    client.chat.completions.create(model="gpt-4o", messages=[])
    assert (server.last.headers["authorization"], server.last.headers["x-own"]) == ("Bearer sk-promptly-3", "1")


def test_a_key_that_a_function_names_stays(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMPTLY_API_KEY", "sk-promptly-2")
    server.will(ANSWER)
    client = wrap(OpenAI(api_key=lambda: "sk-promptly-named"), base_url=server.url)
    client.chat.completions.create(model="gpt-4o", messages=[])
    assert server.last.headers["authorization"] == "Bearer sk-promptly-named"


def test_azure_s_client_is_refused() -> None:
    client = AzureOpenAI(api_key="x", azure_endpoint="https://x.openai.azure.com", api_version="1")
    with pytest.raises(TypeError, match="Azure"):
        wrap(client)
