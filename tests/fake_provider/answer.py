"""One answer before it takes a wire format: what the script said, or the normal answer."""

import base64
import hashlib
import json
import zlib
from dataclasses import dataclass
from typing import Any

from tests.fake_provider import meter
from tests.fake_provider.meter import Usage
from tests.fake_provider.script import Step

_WORDS = (
    "the answer depends on what matters most here so start with the simple case and keep what works then check each step "
    "against an example before going on because small errors add up and a clear result is worth more than a long one"
).split()
_SIGNED = b"fake-signature:"


@dataclass(frozen=True)
class Answer:
    """What one request gets. `number` seeds its ids, `created` is Unix seconds, `finish` is OpenAI's word.

    `native` is the provider's own finish reason where one was scripted; `tells_usage` is false where usage is left out.
    `tier` is the service tier that served it, by OpenAI's names; `speed` and `geo` are Anthropic's words for how fast and where.
    """

    number: int
    created: int
    model: str
    content: str | None
    thinking: str | None
    calls: list[dict[str, Any]]
    finish: str
    native: str | None
    blocked: str | None
    used: Usage
    tells_usage: bool
    thoughts_inclusive: bool
    tier: str
    speed: str | None = None
    geo: str | None = None


def make(number: int, created: int, model: str, step: Step, last: Any, counted: int, tier: str = "default") -> Answer:
    """The answer of a step; the normal one depends on `last`, what the client said last. The prompt counts `counted`."""
    content = step.content if step.content is not None or step.tool_calls else normal(last)
    finish = step.finish_reason or ("tool_calls" if step.tool_calls else "stop")
    calls, thinking, blocked = step.tool_calls or [], step.thinking, None
    if step.blocked:
        content, thinking, calls, finish = "", None, [], "content_filter"
        blocked = "SAFETY" if step.blocked is True else step.blocked
    text = (content or "") + "".join(call["function"]["arguments"] for call in calls)
    return Answer(
        number=number,
        created=created,
        model=model,
        content=content,
        thinking=thinking,
        calls=calls,
        finish=finish,
        native=step.native_finish,
        blocked=blocked,
        used=_usage(model, step, counted, text, thinking or ""),
        tells_usage=step.usage,
        thoughts_inclusive=step.thoughts_inclusive,
        tier=step.served_tier or tier,
        speed=step.speed,
        geo=step.geo,
    )


def _usage(model: str, step: Step, counted: int, text: str, thinking: str) -> Usage:
    read, write, write_1h = step.cached_tokens, step.cache_write_tokens, step.cache_write_1h_tokens
    prompt = counted if step.prompt_tokens is None else step.prompt_tokens
    reasoning = step.reasoning_tokens
    if reasoning is None:
        reasoning = meter.completion_tokens(model, thinking)
    said = step.completion_tokens
    written = meter.completion_tokens(model, text) if said is None else max(0, said - reasoning)
    return Usage(max(0, prompt - read - write - write_1h), read, write, write_1h, written, reasoning)


def normal(last: Any) -> str:
    """A deterministic answer of 15 to 60 words that depends on the last message."""
    seed = zlib.crc32(json.dumps(last, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    count = 15 + seed % 46
    words = [_WORDS[(seed + step * 7) % len(_WORDS)] for step in range(count)]
    return f"({seed:08x}) " + " ".join(words) + "."


def words(text: str) -> list[str]:
    """A text in the pieces that a stream carries it in."""
    return [word if at == 0 else f" {word}" for at, word in enumerate(text.split(" "))] if text else []


def sign(thought: str) -> str:
    """The signature of a thought: base64 that only its own text verifies."""
    return base64.b64encode(_SIGNED + hashlib.sha256(thought.encode("utf-8", "surrogatepass")).digest()).decode()


def is_signature(value: Any) -> bool:
    """Whether a value is a signature of this provider's, of whatever thought, in either alphabet of base64."""
    try:
        return base64.b64decode(value, altchars="-_" if {*value} & {*"-_"} else None).startswith(_SIGNED)
    except (TypeError, ValueError):
        return False
