"""A provider of its own URL, priced by the catalogue, whose content may be a list of parts."""

from datetime import UTC, datetime

import pytest

from libs.common import catalog
from libs.common.contracts.events import TokenClasses
from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack
from tests.fixtures.nats import until

MODEL = "mistral-large-2512"


@pytest.mark.parametrize("stream", [False, True])
async def test_a_mistral_key_serves_its_models_at_their_price(stack: Stack, stream: bool) -> None:
    stack.change(provider_keys=(stack.seal("mistral", "sk-mistral"),))
    stack.provider.script.add(MODEL, [Step(fault="content-parts", prompt_tokens=1_000, completion_tokens=500)])
    asked = {"model": MODEL, "messages": [{"role": "user", "content": "Hello"}], "max_completion_tokens": 50}
    client = stack.client()
    if stream:
        pieces = [piece async for piece in await client.chat.completions.create(**asked, stream=True)]
        said = "".join(piece.choices[0].delta.content or "" for piece in pieces if piece.choices)
    else:
        said = (await client.chat.completions.create(**asked)).choices[0].message.content
    assert said
    await until(lambda: len(stack.finished) == 1)
    event = stack.finished[0]
    known = catalog.load().find(MODEL)
    assert known is not None
    used = TokenClasses(uncached_input=1_000, output_text=500)
    assert (event.provider, event.served_model) == ("mistral", MODEL)
    assert event.tokens == used
    assert event.actual_cost_nano == known.cost_nano(used, datetime.fromtimestamp(event.time_ms / 1000, UTC).date())
