"""A stored answer as a stream."""

from typing import Any

import msgspec

from services.gateway.translate.fields import compact
from services.gateway.translate.openai_besides import LISTED
from services.gateway.translate.openai_openai import with_metadata
from services.gateway.translate.sse import DONE, event

_LIGHT = 512  # bytes of a field of the answer that rides on every chunk
_ELSEWHERE = frozenset("object choices usage".split())
# The parts of a message in the order in which a model says them; what has no place here comes first.
_LAST = ("content", "refusal", "tool_calls")


def replay(answer: dict[str, Any], usage: dict[str, Any] | None, metadata: bytes, *, wants_usage: bool) -> bytes:
    """Chunks of the shape that a provider's stream has: role, whatever the message holds, finish, usage if asked for, `[DONE]`.

    Nothing that the answer has is left out: every field of the message is a delta, those of the choice ride on its end, and
    those of the answer on every chunk; the large ones on the first and the last, so that many calls do not multiply them.
    """
    out = _chunks(answer, usage, wants_usage=wants_usage)
    out[-1] = with_metadata(out[-1], metadata)
    return b"".join(event(data) for data in out) + DONE


def chunks_of(body: bytes, usage: msgspec.Raw | None) -> list[bytes]:
    """The chunks of a whole answer, usage included where there is one. Each is one line, however its provider wrote the body."""
    counted = None if usage is None else msgspec.Raw(compact(usage).encode())
    return _chunks(msgspec.json.decode(body), counted, wants_usage=True)


def _chunks(answer: dict[str, Any], usage: Any, *, wants_usage: bool) -> list[bytes]:
    whole = {"object": "chat.completion.chunk"}
    whole |= {name: value for name, value in answer.items() if name not in _ELSEWHERE}
    light = {name: value for name, value in whole.items() if len(msgspec.json.encode(value)) <= _LIGHT}
    nothing = {"usage": None} if wants_usage else {}
    made = [{**one, **nothing} for choice in answer["choices"] for one in _choice_chunks(choice)]
    if wants_usage and usage is not None:
        made.append({"choices": [], "usage": usage})
    last = len(made) - 1
    return [msgspec.json.encode({**(whole if at in (0, last) else light), **one}) for at, one in enumerate(made)]


def _choice_chunks(choice: dict[str, Any]) -> list[dict[str, Any]]:
    logprobs, index = choice.get("logprobs"), choice.get("index", 0)

    def chunk(delta: dict[str, Any], **end: Any) -> dict[str, Any]:
        return {"choices": [{"index": index, "delta": delta, "logprobs": None, "finish_reason": None, **end}]}

    out = [chunk({"role": "assistant", "content": ""})]
    for delta in _deltas(choice["message"]):
        # They belong to the text, and one chunk holds all of it.
        told = {"logprobs": logprobs} if logprobs and not delta.keys().isdisjoint(_LAST[:2]) else {}
        out.append(chunk(delta, **told))
        logprobs = None if told else logprobs
    rest = {name: value for name, value in choice.items() if name not in {"index", "message", "logprobs"}}
    out.append(chunk({}, **rest, logprobs=logprobs) if rest.get("finish_reason") else chunk({}, finish_reason="stop"))
    return out


def _deltas(message: dict[str, Any]) -> list[dict[str, Any]]:
    names = [*(name for name in message if name not in {"role", *_LAST}), *_LAST]
    found: list[dict[str, Any]] = []
    for name in names:
        value = message.get(name)
        if not value:
            continue
        if name == "tool_calls":
            found += [{name: [{"index": at, **call}]} for at, call in enumerate(value)]
        elif name in LISTED and isinstance(value, list):
            found.append({name: [_numbered(at, item) for at, item in enumerate(value)]})
        else:
            found.append({name: value})
    return found


def _numbered(at: int, item: Any) -> Any:
    return {"index": at, **item} if isinstance(item, dict) else item
