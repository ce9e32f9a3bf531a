"""OpenAI's usage object as servers fill it, in Promptly's disjoint classes."""

from typing import Annotated, Any

import msgspec

from libs.common.catalog import NOTHING_APART, Apart
from libs.common.contracts.events import TokenClasses
from services.gateway.translate.fields import BROKEN, MAX_COUNT, Counted, Fields, read_object

# Set by readers of other formats on a usage object that holds a guess; no client gets to see it.
ESTIMATED = "promptly_estimated"
_USUAL = ("", "standard", "global", "not_available")


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens as a provider counted them. `prompt_tokens` include cached ones and audio, `completion_tokens` reasoning and audio.

    None: the provider did not say. `odd`: a figure was guessed or cut, so what is counted from it is an estimate.
    `cache_write_1h` is part of `cache_write`. `rates` name what multiplies all prices beside the service tier, such as `speed:fast`.
    """

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cache_read: int = 0
    cache_write: int = 0
    cache_write_1h: int = 0
    reasoning: int = 0
    audio_input: int = 0
    audio_cached: int = 0
    audio_output: int = 0
    image_output: int = 0
    odd: bool = False
    rates: tuple[str, ...] = ()

    def classes(self) -> TokenClasses:
        """The same tokens, each in one class only."""
        prompt, completion = self.prompt_tokens or 0, self.completion_tokens or 0
        read = min(self.cache_read, prompt)
        write = min(self.cache_write, prompt - read)
        hour = min(self.cache_write_1h, write)
        reasoning = min(self.reasoning, completion)
        return TokenClasses(
            uncached_input=prompt - read - write,
            cache_read=read,
            cache_write_5m=write - hour,
            cache_write_1h=hour,
            output_text=completion - reasoning,
            output_reasoning=reasoning,
        )

    @property
    def apart(self) -> Apart:
        """Those among them that are billed by a rate of their own."""
        if not (self.audio_input or self.audio_output or self.image_output):
            return NOTHING_APART
        return Apart(
            audio_input=self.audio_input,
            audio_cached=min(self.audio_cached, self.audio_input),
            audio_output=self.audio_output,
            image_output=self.image_output,
        )

    @property
    def billed(self) -> bool:
        """Whether the provider says that it charged for something."""
        return bool(self.prompt_tokens or self.completion_tokens)

    def openai(self) -> dict[str, Any]:
        """OpenAI's usage object, for clients that need it whole."""
        prompt, completion = self.prompt_tokens or 0, self.completion_tokens or 0
        return {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
            "prompt_tokens_details": {"cached_tokens": self.cache_read, "audio_tokens": self.audio_input},
            "completion_tokens_details": {"reasoning_tokens": self.reasoning, "audio_tokens": self.audio_output},
        }


_Count = Annotated[int, msgspec.Meta(ge=0, le=MAX_COUNT)]


class _Sent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    cached_tokens: _Count = 0
    audio_tokens: _Count = 0
    cache_write_tokens: _Count = 0


class _Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reasoning_tokens: _Count = 0
    audio_tokens: _Count = 0
    accepted_prediction_tokens: _Count = 0
    rejected_prediction_tokens: _Count = 0


_NOT_SENT, _NOT_SAID = _Sent(), _Said()


class _AsDocumented(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    prompt_tokens: Annotated[int, msgspec.Meta(ge=1, le=MAX_COUNT)]
    completion_tokens: _Count
    total_tokens: _Count
    prompt_tokens_details: _Sent = _NOT_SENT
    completion_tokens_details: _Said = _NOT_SAID


_as_documented = msgspec.json.Decoder(_AsDocumented)


def usage_of(given: msgspec.Raw | bytes | None) -> Usage | None:
    """What a usage object says; None where it says nothing about prompt or completion."""
    if given is None or bytes(given) == b"null":
        return None
    try:
        found = _as_documented.decode(given)
    except BROKEN:
        return _read(given)
    sent, said = found.prompt_tokens_details, found.completion_tokens_details
    if said.reasoning_tokens and found.total_tokens != found.prompt_tokens + found.completion_tokens:
        return _read(given)  # it may be counted beside the completion
    return Usage(
        prompt_tokens=found.prompt_tokens,
        completion_tokens=found.completion_tokens,
        cache_read=sent.cached_tokens,
        cache_write=sent.cache_write_tokens,
        reasoning=said.reasoning_tokens,
        audio_input=sent.audio_tokens,
        audio_output=said.audio_tokens,
    )


def _read(given: msgspec.Raw | bytes) -> Usage | None:
    """The same of any object. What is as OpenAI documents it needs a tenth of the time, and each answer is read twice."""
    fields = read_object(given)
    if fields is None:
        return None
    seen = Counted()
    prompt = seen.count(fields, "prompt_tokens", "input_tokens")
    completion = seen.count(fields, "completion_tokens", "output_tokens")
    total = seen.count(fields, "total_tokens")
    sent, said = _details(fields, "prompt", "input"), _details(fields, "completion", "output")
    reasoning = seen.count(said, "reasoning_tokens") or seen.count(fields, "reasoning_tokens") or 0
    if completion is not None and reasoning and _beside(reasoning, prompt, completion, total):
        completion += reasoning
    if total is not None:
        if prompt is None and completion is not None:
            prompt = max(0, total - completion)
        elif completion is None and prompt is not None:
            completion = max(0, total - prompt)
    # No request has a prompt of nothing: a server that says so has not counted.
    prompt = prompt or None
    if prompt is None and completion is None:
        return None
    read = seen.count(sent, "cached_tokens")
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        cache_read=(seen.count(fields, "cached_tokens", "prompt_cache_hit_tokens") if read is None else read) or 0,
        cache_write=seen.count(sent, "cache_write_tokens") or 0,
        cache_write_1h=seen.count(sent, "cache_write_1h_tokens") or 0,
        reasoning=reasoning,
        audio_input=seen.count(sent, "audio_tokens") or 0,
        audio_cached=seen.count(_cached(sent), "audio_tokens") or 0,
        audio_output=seen.count(said, "audio_tokens") or 0,
        image_output=seen.count(said, "image_tokens") or 0,
        odd=seen.odd or fields.value(ESTIMATED) is True,
        rates=rates_of(fields.name("speed"), fields.name("inference_geo")),
    )


def rates_of(speed: str, geo: str) -> tuple[str, ...]:
    """How fast and where an answer was made, in Anthropic's words, where that is not the usual."""
    return tuple(f"{kind}:{value}" for kind, value in (("speed", speed), ("geo", geo)) if value not in _USUAL)


def _beside(reasoning: int, prompt: int | None, completion: int, total: int | None) -> bool:
    """Whether reasoning was counted beside the completion: the total tells, and more than the whole is no part of it."""
    if total is not None and prompt is not None:
        return total == prompt + completion + reasoning
    return reasoning > completion


def _details(fields: Fields, *names: str) -> Fields:
    return next((found for name in names if (found := fields.object(f"{name}_tokens_details")).values), Fields({}))


def _cached(sent: Fields) -> Fields:
    return sent.object("cached_tokens_details")
