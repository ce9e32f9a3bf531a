"""What a client sees when a provider refuses. The numbers are those of the list of test vectors."""

from typing import Any

import openai
import pytest

from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack
from tests.fixtures.nats import until
from tests.fixtures.three_providers import MODELS, PROVIDERS, ask

ASK: list[Any] = [{"role": "user", "content": "Hello!"}]
EITHER = pytest.mark.parametrize("stream", [False, True])
EACH = pytest.mark.parametrize("provider", PROVIDERS)


async def refused(stack: Stack, provider: str, *, stream: bool) -> openai.APIStatusError:
    """The error that OpenAI's client raises."""
    with pytest.raises(openai.APIStatusError) as caught:
        await ask(stack, MODELS[provider], ASK, stream=stream)
    body = caught.value.response.json()
    assert body["detail"] == body["error"]["message"]
    await until(lambda: stack.finished)
    event = stack.finished[-1]
    assert (event.status, event.status_code) == ("error", caught.value.status_code)
    assert (event.actual_cost_nano, event.tokens.input) == (0, 0)
    return caught.value


@EITHER
@EACH
@pytest.mark.parametrize(("said", "told"), [(1, "1"), (60, "60"), (1.5, "2"), (None, "1")])
async def test_vector_7_a_rate_limit_is_a_429_that_says_how_long_to_wait(
    three: Stack, provider: str, said: float | None, told: str, stream: bool
) -> None:
    three.provider.script.add(MODELS[provider], [Step(status=429, message="Slow down.", retry_after=said)])
    error = await refused(three, provider, stream=stream)
    assert isinstance(error, openai.RateLimitError)
    assert error.response.headers["retry-after"] == told
    assert "Slow down." in error.message
    assert len(three.provider.ledger) == 1, "the client is told to wait, so nobody else asks again"


@EACH
async def test_vector_7_another_key_serves_while_one_waits(three: Stack, provider: str) -> None:
    url = f"{three.provider_url}/v1" if provider == "openai" else three.provider_url
    keys = tuple(three.seal(provider, f"sk-{name}", base_url=url) for name in ("one", "two"))
    three.change(provider_keys=keys)
    three.provider.script.add(MODELS[provider], [Step(status=429, retry_after=60)])
    for _ in range(2):
        assert (await ask(three, MODELS[provider], ASK)).text
    assert [(e["status"], e["key_end"]) for e in three.provider.ledger] == [(429, "-one"), (200, "-two"), (200, "-two")]


@EITHER
@pytest.mark.parametrize(("provider", "status"), [("anthropic", 529), ("google", 503), ("openai", 503)])
async def test_vector_7_an_overloaded_provider_is_asked_twice_and_then_a_502(
    three: Stack, provider: str, status: int, stream: bool
) -> None:
    three.provider.script.add(MODELS[provider], [Step(status=status, message="Overloaded"), Step()])
    assert (await ask(three, MODELS[provider], ASK, stream=stream)).text, "the second time went well"
    three.provider.script.add(MODELS[provider], [Step(status=status, message="Overloaded", repeat=2)])
    error = await refused(three, provider, stream=stream)
    assert error.status_code == 502
    assert "x-should-retry" not in error.response.headers
    assert len(three.provider.ledger) == 4


@EITHER
@EACH
async def test_vector_7_a_wrong_key_is_a_502_whatever_the_provider_calls_it(
    three: Stack, provider: str, stream: bool
) -> None:
    url = f"{three.provider_url}/v1" if provider == "openai" else three.provider_url
    three.change(provider_keys=(three.seal(provider, "sk-wrong-key-9876", base_url=url),))
    error = await refused(three, provider, stream=stream)
    assert three.provider.ledger[0]["status"] == (400 if provider == "google" else 401)
    assert (error.status_code, error.code) == (502, "provider_key_rejected")
    assert "rejected" in error.message
    assert "9876" not in error.response.text
    assert len(three.provider.ledger) == 1


@EITHER
@pytest.mark.parametrize(
    ("provider", "step"),
    [
        ("anthropic", Step(status=400, message="Your credit balance is too low to access the Anthropic API.")),
        ("anthropic", Step(status=402, message="Pay.")),
        ("openai", Step(status=429, message="You exceeded your current quota.", code="insufficient_quota")),
        ("google", Step(status=429, message="Quota exceeded for metric: requests_per_day")),
    ],
)
async def test_vector_7_a_quota_that_is_used_up_is_a_429_not_to_be_tried_again(
    three: Stack, provider: str, step: Step, stream: bool
) -> None:
    three.provider.script.add(MODELS[provider], [step])
    error = await refused(three, provider, stream=stream)
    assert (error.status_code, error.code) == (429, "insufficient_quota")
    assert "x-should-retry" not in error.response.headers
    assert len(three.provider.ledger) == 1


@EITHER
@EACH
@pytest.mark.parametrize("status", [400, 404, 413, 422])
async def test_what_the_client_asked_wrong_comes_back_in_the_provider_s_words(
    three: Stack, provider: str, status: int, stream: bool
) -> None:
    three.provider.script.add(MODELS[provider], [Step(status=status, message="The provider's own words.")])
    error = await refused(three, provider, stream=stream)
    assert error.status_code == status
    assert "The provider's own words." in error.message


@EITHER
@pytest.mark.parametrize(
    ("provider", "message"),
    [
        ("anthropic", "prompt is too long: 250000 tokens > 200000 maximum"),
        ("google", "The input token count (2000000) exceeds the maximum number of tokens allowed (1048576)."),
    ],
)
async def test_a_prompt_that_is_too_long_has_openai_s_code(
    three: Stack, provider: str, message: str, stream: bool
) -> None:
    three.provider.script.add(MODELS[provider], [Step(status=400, message=message)])
    error = await refused(three, provider, stream=stream)
    assert (error.status_code, error.code) == (400, "context_length_exceeded")
