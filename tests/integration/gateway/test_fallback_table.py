"""What follows each way in which a provider can fail, row by row, plain and streamed: the calls made, and what is seen."""

from dataclasses import dataclass
from typing import Any

import msgspec
import openai
import pytest

from tests.fake_provider.script import Step
from tests.fixtures.gateway import Stack, gateway_stack
from tests.fixtures.nats import until
from tests.integration.gateway.test_failures import ask, serve_parts

SMALL, ASKED = "gpt-4o-mini", "gpt-4o"


@dataclass
class Row:
    """`steps` are the provider's, of every model; `calls` the models that were asked, in order.

    `status` is what the client sees (200: an answer); `code` the error's.
    """

    name: str
    steps: Step
    changed: list[str]
    unchanged: list[str]
    status: int = 502
    code: str | None = None
    retry_after: str | None = None
    only: str | None = None


# A routed request first asks the small model; the last call of a changed request is the client's own.
ONCE, AGAIN = [SMALL, ASKED], [SMALL, SMALL, ASKED]
TABLE = [
    *(
        Row(str(status), Step(status=status), AGAIN, [ASKED, ASKED], 502, "upstream_status")
        for status in (408, 500, 502, 503, 504, 529)
    ),
    Row("connection closed", Step(reset_after=0), AGAIN, [ASKED, ASKED], 502, "upstream_connect", only="plain"),
    Row("stream broke off", Step(reset_after=0), ONCE, [ASKED], 502, "upstream_truncated", only="streamed"),
    Row("not a completion", Step(malformed=True), AGAIN, [ASKED, ASKED], 502, "upstream_malformed", only="plain"),
    Row("not a stream", Step(malformed=True), ONCE, [ASKED], 502, "upstream_truncated", only="streamed"),
    Row("429, in ten seconds", Step(status=429, retry_after=10), ONCE, [ASKED], 429, retry_after="10"),
    Row("429", Step(status=429), ONCE, [ASKED], 429, retry_after="1"),
    Row("quota", Step(status=429, code="insufficient_quota"), [SMALL], [ASKED], 429, "insufficient_quota"),
    Row("balance", Step(status=402), [SMALL], [ASKED], 429, "insufficient_quota"),
    Row("key unknown", Step(status=401), [SMALL], [ASKED], 502, "provider_key_rejected"),
    Row("key not allowed", Step(status=403), [SMALL], [ASKED], 502, "provider_key_rejected"),
    Row("400", Step(status=400, message="No such thing."), ONCE, [ASKED], 400),
    Row("context", Step(status=400, code="context_length_exceeded"), ONCE, [ASKED], 400, "context_length_exceeded"),
    Row("404", Step(status=404), ONCE, [ASKED], 404),
    Row("413", Step(status=413), ONCE, [ASKED], 413),
    Row("422", Step(status=422), ONCE, [ASKED], 422),
]


HANGING = Row("timeout", Step(hang=True), ONCE, [ASKED], 502, "upstream_timeout")


@pytest.mark.parametrize("changed", [True, False], ids=["changed", "unchanged"])
@pytest.mark.parametrize(
    ("row", "how"),
    [(row, how) for row in TABLE for how in ("plain", "streamed") if row.only in (None, how)],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
async def test_a_row(stack: Stack, row: Row, how: str, changed: bool) -> None:
    await _is_as_told(stack, row, stream=how == "streamed", changed=changed)


# Impatient for these alone: elsewhere a moment in which the machine does something else would look like a timeout.
@pytest.mark.parametrize("changed", [True, False], ids=["changed", "unchanged"])
@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
async def test_a_provider_that_does_not_answer(tmp_path: Any, stream: bool, changed: bool) -> None:
    async with gateway_stack(tmp_path, first_byte_timeout=1.0, plain_timeout=1.0) as stack:
        await _is_as_told(stack, HANGING, stream=stream, changed=changed)


async def _is_as_told(stack: Stack, row: Row, *, stream: bool, changed: bool) -> None:
    if changed:
        await serve_parts(stack)
    stack.provider.script.add("*", [msgspec.structs.replace(row.steps, repeat=4)])
    with pytest.raises(openai.APIStatusError) as refused:
        await ask(stack, stream=stream)
    assert [entry["model"] for entry in stack.provider.ledger] == (row.changed if changed else row.unchanged)
    assert refused.value.status_code == row.status
    if row.code is not None:
        assert refused.value.code == row.code
    assert "x-should-retry" not in refused.value.response.headers
    assert refused.value.response.headers.get("retry-after") == row.retry_after
    await until(lambda: stack.finished)
    (event,) = stack.finished
    assert (event.status, event.status_code, event.actual_cost_nano) == ("error", row.status, 0)


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
@pytest.mark.parametrize("status", [401, 402, 403, 429])
async def test_another_key_of_the_same_provider_is_asked(stack: Stack, status: int, stream: bool) -> None:
    stack.change(provider_keys=(stack.seal("openai", "sk-first-0001"), stack.seal("openai", "sk-other-0002")))
    stack.provider.script.add(ASKED, [Step(status=status)])
    _, text = await ask(stack, stream=stream)
    assert text
    assert [entry["key_end"] for entry in stack.provider.ledger] == ["0001", "0002"]
    await until(lambda: stack.finished)
    assert stack.finished[0].status == "success"


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
async def test_a_key_that_is_told_to_wait_is_left_alone_until_then(stack: Stack, stream: bool) -> None:
    stack.change(provider_keys=(stack.seal("openai", "sk-first-0001"), stack.seal("openai", "sk-other-0002")))
    stack.provider.script.add(ASKED, [Step(status=429, retry_after=30)])
    for _ in range(3):
        assert (await ask(stack, stream=stream))[1]
    assert [entry["key_end"] for entry in stack.provider.ledger] == ["0001", "0002", "0002", "0002"]


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
async def test_a_provider_that_keeps_failing_is_left_alone_for_a_while(stack: Stack, stream: bool) -> None:
    stack.provider.script.add(ASKED, [Step(status=500, repeat=20)])
    for _ in range(4):
        with pytest.raises(openai.InternalServerError):
            await ask(stack, stream=stream)
    assert len(stack.provider.ledger) == 5
    with pytest.raises(openai.InternalServerError) as refused:
        await ask(stack, stream=stream)
    assert refused.value.code == "upstream_resting"
    assert len(stack.provider.ledger) == 5


@pytest.mark.parametrize("stream", [False, True], ids=["plain", "streamed"])
async def test_a_routed_model_that_fails_twice_then_answers_was_worth_the_second_try(
    stack: Stack, stream: bool
) -> None:
    await serve_parts(stack)
    stack.provider.script.add(SMALL, [Step(status=503)])
    metadata, text = await ask(stack, stream=stream)
    assert text
    assert metadata["fallback_used"] is False
    assert [entry["model"] for entry in stack.provider.ledger] == [SMALL, SMALL]
