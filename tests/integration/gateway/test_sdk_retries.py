"""An application survives through the gateway what it survives without it: OpenAI's client, with its own retries."""

import openai
import pytest
from openai import AsyncOpenAI

from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack, stack  # noqa: F401 - the fixture

ASK = [{"role": "user", "content": "Hello"}]
WAIT = 0.05
STEPS = {
    "429 once": [Step(status=429, retry_after=WAIT)],
    "429 twice": [Step(status=429, retry_after=WAIT, repeat=2)],
    "429 for ever": [Step(status=429, retry_after=WAIT, repeat=20)],
    "500 once": [Step(status=500, retry_after=WAIT)],
    "500 twice": [Step(status=500, retry_after=WAIT, repeat=2)],
    "503 once": [Step(status=503, retry_after=WAIT)],
    "503 twice": [Step(status=503, retry_after=WAIT, repeat=2)],
    "400": [Step(status=400, repeat=20)],
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", STEPS)
async def test_the_outcome_is_the_same_as_direct(stack: Stack, name: str, stream: bool) -> None:  # noqa: F811
    direct = AsyncOpenAI(api_key="sk-direct", base_url=f"{stack.provider_url}/v1")
    outcomes = []
    for client in (direct, stack.client(max_retries=2)):
        stack.provider.script.clear()
        stack.provider.script.add("gpt-4o", STEPS[name])
        async with client:
            outcomes.append(await _outcome(client, stream=stream))
    assert outcomes[0] == outcomes[1]


async def _outcome(client: AsyncOpenAI, *, stream: bool) -> str:
    try:
        answer = await client.chat.completions.create(model="gpt-4o", messages=ASK, stream=stream)  # type: ignore[call-overload]
        if stream:
            return "answered" if [chunk async for chunk in answer] else "nothing"
        return "answered" if answer.choices[0].message.content else "nothing"
    except openai.APIStatusError as error:
        return f"{error.status_code} {error.response.headers.get('x-should-retry')}"


async def test_a_model_that_nobody_knows_is_a_404(stack: Stack) -> None:  # noqa: F811
    with pytest.raises(openai.NotFoundError) as asked:
        await stack.client().chat.completions.create(model="gpt-9", messages=ASK)  # type: ignore[call-overload]
    with pytest.raises(openai.NotFoundError) as looked:
        await stack.client().models.retrieve("gpt-9")
    assert asked.value.code == looked.value.code == "model_not_found"
