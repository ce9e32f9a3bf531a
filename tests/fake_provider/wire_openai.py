"""OpenAI's format: keys, errors and answers, on top of the bytes in `wire`."""

from collections.abc import Mapping
from typing import Any

from tests.fake_provider import meter, wire
from tests.fake_provider.answer import Answer
from tests.fake_provider.formats import Event
from tests.fake_provider.script import Step

PROVIDER = "openai"


def key(headers: Mapping[str, str]) -> str:
    """The bearer token."""
    return headers.get("authorization", "").removeprefix("Bearer ").strip()


def refusal(key: str) -> Step:
    """401, with one code for both cases."""
    message = "Incorrect API key provided." if key else "You didn't provide an API key."
    return Step(status=401, message=message, code="invalid_api_key" if key else None)


def headers(number: int, step: Step) -> dict[str, str]:
    """Request id, time spent and what is left of the rate limits."""
    found = {"x-request-id": f"req_fake{number:08d}", "openai-processing-ms": "12"}
    for what, limit in (("requests", 10_000), ("tokens", 2_000_000)):
        found |= {
            f"x-ratelimit-limit-{what}": str(limit),
            f"x-ratelimit-remaining-{what}": str(0 if step.status == 429 else limit - 1),
            f"x-ratelimit-reset-{what}": "6ms",
        }
    if step.retry_after is not None:
        found |= {"retry-after": f"{step.retry_after:g}", "retry-after-ms": f"{step.retry_after * 1000:.0f}"}
    return found


def error(status: int, step: Step, number: int) -> bytes:
    """An error body."""
    return wire.error(status, step.message, step.code, step.param)


def error_event(step: Step, number: int) -> Event:
    """An error object among the chunks."""
    return Event(error(500, step, number).replace(b"\n", b""))


def read(body: dict[str, Any]) -> dict[str, Any]:
    """The body as it is."""
    return body


def count(model: str, body: dict[str, Any]) -> int:
    """Messages and tools, as OpenAI publishes the count."""
    return meter.prompt_tokens(body)


def last(body: dict[str, Any]) -> Any:
    """The content of the last message."""
    return body["messages"][-1].get("content")


def signatures(body: dict[str, Any]) -> list[str]:
    """None: this format has no place for them."""
    return []


def whole(answer: Answer) -> bytes:
    """A `chat.completion`."""
    return wire.completion(*_parts(answer), reasoning=answer.thinking, tier=answer.tier)


def events(answer: Answer, body: dict[str, Any]) -> list[Event]:
    """The chunks and `[DONE]`."""
    # Mistral, whose format this is too, tells usage without being asked.
    wanted = bool((body.get("stream_options") or {}).get("include_usage")) or answer.model.startswith("mistral")
    chunks = wire.chunks(*_parts(answer), include_usage=wanted, reasoning=answer.thinking, tier=answer.tier)
    return [*map(Event, chunks), Event(b"[DONE]")]


def models(names: list[str]) -> bytes:
    """The list of models."""
    made = [{"id": name, "object": "model", "created": 1_700_000_000, "owned_by": "openai"} for name in names]
    return wire.encode({"object": "list", "data": made})


def _parts(answer: Answer) -> tuple[Any, ...]:
    counts = answer.used
    used = None
    if answer.tells_usage:
        used = wire.usage(
            counts.prompt,
            counts.completion,
            counts.cache_read,
            written=counts.cache_write,
            reasoning=counts.output_reasoning,
        )
    identifier, finish = f"chatcmpl-fake{answer.number:08d}", answer.native or answer.finish
    return identifier, answer.created, answer.model, answer.content, answer.calls, finish, used
