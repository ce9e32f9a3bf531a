"""What is read of Gemini's answers, whole or one event of a stream. Google leaves out what is empty, others say null."""

from typing import Any

import msgspec

from services.gateway.domain.attempts import Failure
from services.gateway.translate.fields import BROKEN, Counted, Fields, compact, read_list, read_object, too_many_parts
from services.gateway.translate.google_errors import inside

_EMPTY = (b"", b"null", b'""', b"{}", b"[]", b"false", b"0")
_KNOWN = frozenset(
    "text thought functionCall function_call thoughtSignature thought_signature inlineData inline_data".split()
)
_BESIDE = frozenset("videoMetadata mediaResolution partMetadata index".split())


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A call of a function, with its arguments complete: JSON, digit for digit."""

    name: str
    id: str = ""
    arguments: str = "{}"


class Media(msgspec.Struct, frozen=True, kw_only=True):
    """A picture or a sound in the answer: its type, and base64."""

    mime: str
    data: str


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of content. `other` is whatever kind OpenAI's format has no place for, by its name."""

    text: str = ""
    thought: bool = False
    function_call: Call | None = None
    thought_signature: str = ""
    media: Media | None = None
    other: dict[str, Any] = {}


class Alternative(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A token that could have stood there."""

    token: str = ""
    log_probability: float = 0.0


class Alternatives(msgspec.Struct, frozen=True, kw_only=True):
    """The likeliest tokens of one place."""

    candidates: list[Alternative] | None = None


class Logprobs(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How likely each token was, and what else was likely there."""

    chosen_candidates: list[Alternative] | None = None
    top_candidates: list[Alternatives] | None = None


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """One answer."""

    parts: list[Part] = []
    finish_reason: str | None = None
    index: int | None = None
    logprobs: Logprobs | None = None


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens. The prompt's include cached ones; the candidates' mostly leave out thoughts. Sounds and pictures are parts of
    them.
    """

    prompt: int | None = None
    cached: int = 0
    said: int | None = None
    thoughts: int = 0
    tools: int = 0
    total: int | None = None
    audio_input: int = 0
    audio_cached: int = 0
    audio_output: int = 0
    image_output: int = 0
    odd: bool = False


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What is read of a `GenerateContentResponse`. `blocked`: why the prompt was refused; None: it was not."""

    candidates: list[Candidate] = []
    blocked: str | None = None
    counts: Counts | None = None
    model: str = ""
    id: str = ""
    tier: str = ""


def reply(data: bytes) -> Reply:
    """A whole answer or one event of a stream. `Failure` for an error object, bare or in a list, and for anything else."""
    if too_many_parts(data):
        raise Failure("malformed", "The answer holds more parts than this gateway reads.")
    found = read_object(data)
    if found is None and (listed := read_list(data)) and len(listed) == 1:
        found = read_object(listed[0])
    if found is None:
        raise Failure("malformed", "The answer is not one of Gemini's.")
    candidates = found.objects("candidates")
    if bytes(found.values.get("error", b"")) not in _EMPTY and not candidates:
        raise inside(data)
    used = _either(found, "usageMetadata", "usage_metadata")
    return Reply(
        candidates=[_candidate(one) for one in candidates],
        blocked=_either(found, "promptFeedback", "prompt_feedback").name("blockReason") or None,
        counts=_counts(used) if used.values else None,
        model=found.name("modelVersion") or found.name("model_version"),
        id=found.name("responseId") or found.name("response_id"),
        tier=(used.name("serviceTier") or found.name("serviceTier")).lower(),
    )


def _either(found: Fields, name: str, other: str) -> Fields:
    first = found.object(name)
    return first if first.values else found.object(other)


def _candidate(found: Fields) -> Candidate:
    content = found.object("content")
    listed = content.items("parts")
    if listed is None:
        said = content.text("text") or content.text("parts") or _bare(found)
        parts = [Part(text=said)] if said else [_part(one) for one in content.objects("parts")]
    else:
        parts = [
            _part(one) if (one := read_object(item)) else Part(text=Fields({"": item}).text("")) for item in listed
        ]
    index = found.value("index")
    return Candidate(
        parts=parts,
        finish_reason=found.name("finishReason") or found.name("finish_reason") or None,
        index=index if isinstance(index, int) and not isinstance(index, bool) and index >= 0 else None,
        logprobs=_logprobs(found),
    )


def _bare(found: Fields) -> str:
    """Content that is a bare text."""
    said = found.value("content")
    return said if isinstance(said, str) else ""


def _part(found: Fields) -> Part:
    made = _either(found, "functionCall", "function_call")
    media = _either(found, "inlineData", "inline_data")
    kind = media.name("mimeType") or media.name("mime_type")
    return Part(
        text=found.text("text"),
        thought=found.value("thought") is True,
        function_call=_call(made) if made.values else None,
        thought_signature=found.text("thoughtSignature") or found.text("thought_signature"),
        media=Media(mime=kind or "image/png", data=media.text("data")) if media.text("data") else None,
        other={name: found.value(name) for name in found.values if name not in _KNOWN | _BESIDE},
    )


def _call(found: Fields) -> Call:
    given = found.values.get("args", found.values.get("arguments"))
    value = found.value("args") if "args" in found.values else found.value("arguments")
    if given is None or value is None:
        return Call(name=found.name("name"), id=found.name("id"))
    said = (value or "{}") if isinstance(value, str) else compact(given)
    return Call(name=found.name("name"), id=found.name("id"), arguments=said)


def _logprobs(found: Fields) -> Logprobs | None:
    given = found.values.get("logprobsResult")
    try:
        return None if given is None else msgspec.json.decode(given, type=Logprobs | None)
    except BROKEN:
        return None


def _counts(used: Fields) -> Counts:
    seen = Counted()
    return Counts(
        prompt=seen.count(used, "promptTokenCount", "prompt_token_count"),
        cached=seen.count(used, "cachedContentTokenCount") or 0,
        said=seen.count(used, "candidatesTokenCount", "candidates_token_count"),
        thoughts=seen.count(used, "thoughtsTokenCount") or 0,
        tools=seen.count(used, "toolUsePromptTokenCount") or 0,
        total=seen.count(used, "totalTokenCount"),
        audio_input=_modal(seen, used, "promptTokensDetails", "AUDIO")
        + _modal(seen, used, "toolUsePromptTokensDetails", "AUDIO"),
        audio_cached=_modal(seen, used, "cacheTokensDetails", "AUDIO"),
        audio_output=_modal(seen, used, "candidatesTokensDetails", "AUDIO"),
        image_output=_modal(seen, used, "candidatesTokensDetails", "IMAGE"),
        odd=seen.odd,
    )


def _modal(seen: Counted, used: Fields, name: str, modality: str) -> int:
    """The tokens of one modality, among details that are a list of them."""
    return sum(
        seen.count(one, "tokenCount") or 0 for one in used.objects(name) if one.name("modality").upper() == modality
    )
