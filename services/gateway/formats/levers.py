"""What the head of a request says about levers: whether its answer may be cached, and under which key; what it is bound to."""

import hashlib
from collections.abc import Mapping

import msgspec

from services.gateway.formats.blocks import Surface
from services.gateway.formats.envelope import Envelope
from services.gateway.formats.json_fields import Object, given
from services.gateway.formats.question import question

# Fields that change nothing about an answer, or only how it is delivered.
_NOT_KEYED = frozenset(
    """
    stream stream_options metadata user safety_identifier service_tier serviceTier prompt_cache_key prompt_cache_options
    prompt_cache_retention store include_obfuscation diagnostics labels
    """.split()
)
_NEVER_CACHED = ("hosted", "file_id", "compaction", "item_reference", "continued")
# What the formats call the conversation.
CONVERSATIONS = frozenset(("messages", "input", "contents"))
_WITH_TOOLS = ("tools", "tool_choice", "toolConfig", "tool_config", "previous_response_id")
_OF_ITS_MODEL = frozenset(("bound:model", "compaction", "item_reference"))
_UNBINDING = frozenset(("bound:model",))
_AS_IT_WAS = frozenset(("sealed", "continued", "item_reference"))


def cacheable(found: Envelope) -> bool:
    """Whether the same request may get the same answer again: nothing in it is run, stored or looked up by a provider."""
    if any(flag in found.flags for flag in _NEVER_CACHED) or any(flag.startswith("bound:") for flag in found.flags):
        return False
    top = found.top
    if found.max_tokens == 0 or (given(top, "n") and bytes(top["n"]) != b"1"):
        return False
    config = _config(top)
    hot = [_number(place, "temperature") > 1 for place in (top, config)]
    several = max(_number(config, "candidateCount"), _number(config, "candidate_count")) > 1
    return not (any(hot) or several or given(top, "cachedContent"))


def exact_key(
    surface: Surface, found: Envelope, headers: Mapping[str, str], without: frozenset[str] = frozenset()
) -> bytes:
    """A digest of all that decides about an answer: the surface, its version and betas, and the body's fields as they came, but for
    those `without` which it is to be told apart by other means.
    """
    betas = sorted(filter(None, (beta.strip() for beta in headers.get("anthropic-beta", "").split(","))))
    digest = hashlib.sha256()
    for part in (surface, headers.get("anthropic-version", ""), ",".join(betas)):
        _add(digest, part.encode())
    for name in sorted(found.top.keys() - _NOT_KEYED - without):
        _add(digest, name.encode())
        _add(digest, bytes(found.top[name]))
    return digest.digest()


def plain_question(found: Envelope) -> str | None:
    """The question of a request that is nothing else: no tools, no session, a single turn of plain text. None for any other."""
    top = found.top
    if found.session or found.agent or found.flags or any(given(top, name) for name in _WITH_TOOLS):
        return None
    said = next((top[name] for name in CONVERSATIONS if given(top, name)), None)
    return None if said is None else question(said)


def provider_bound(found: Envelope) -> bool:
    """Whether a conversation has to stay with the provider and the key that it began with."""
    return bool({flag for flag in found.flags if flag.startswith("bound:")} - _UNBINDING) or (
        "hosted" in found.flags or "file_id" in found.flags
    )


def routable(found: Envelope) -> bool:
    """Whether another model may answer: nothing binds the request to a provider or to its model, and there is something to answer.
    Reasoning in the history does not bind: another model gets the conversation without it.
    """
    return not (provider_bound(found) or found.flags & _OF_ITS_MODEL or found.max_tokens == 0)


def optimizable(found: Envelope, surface: Surface) -> bool:
    """Whether texts of a request may be changed at all. Thinking of Anthropic's binds every word before it, and sealed reasoning, a
    thread or diagnostics bind to the conversation as it was. What is stored here is sent again as the client wrote it, so that a
    conversation that goes on from it is not begun otherwise. A mark on the whole request stands behind its last word, and who asks
    for no answer fills a cache.
    """
    top = found.top
    if found.flags & _AS_IT_WAS or given(top, "thread") or given(top, "diagnostics") or found.max_tokens == 0:
        return False
    if given(top, "cache_control"):
        return False
    if surface == "messages":
        bound = given(top, "thinking") and b"block_binding" in bytes(top["thinking"])
        return not (bound or _holds_thinking(top))
    return True


def _holds_thinking(top: Object) -> bool:
    """Whether there is thinking in the history; the request's own `thinking` field is none."""
    if not given(top, "messages"):
        return False
    text = bytes(top["messages"])
    return b'"thinking"' in text or b'"redacted_thinking"' in text


def _add(digest: "hashlib._Hash", part: bytes) -> None:
    digest.update(len(part).to_bytes(8, "big"))
    digest.update(part)


def _config(top: Object) -> Object:
    for name in ("generationConfig", "generation_config"):
        if given(top, name):
            try:
                found: dict[str, msgspec.Raw] = msgspec.json.decode(top[name], type=dict[str, msgspec.Raw])
            except msgspec.MsgspecError:
                return {}
            return found
    return {}


def _number(found: Object, name: str) -> float:
    try:
        return msgspec.json.decode(found[name], type=float)
    except (KeyError, msgspec.MsgspecError):
        return 0
