"""The legacy completions format, as chat: a prompt becomes a user's message, an answer a `text_completion`."""

from typing import Any

import msgspec

from libs.common.errors import BadRequest
from services.gateway.translate.sse import SseParser, event

MAX_PROMPTS = 20
_CHAT_TAKES = frozenset(
    (
        "model max_tokens temperature top_p n stop stream stream_options presence_penalty frequency_penalty logit_bias user "
        "seed metadata service_tier"
    ).split()
)
_DEFAULTS: dict[str, Any] = {"echo": False, "best_of": 1, "suffix": None, "logprobs": None}


class Prompts(msgspec.Struct, frozen=True, kw_only=True):
    """One chat body per prompt; `listed` says whether the client sent a list, and `stream` whether it wants events."""

    bodies: tuple[bytes, ...]
    stream: bool


def prompts_of(body: bytes) -> Prompts | None:
    """What a legacy request asks for; None for one with `messages`, which is a chat request. `BadRequest` names the field."""
    try:
        found = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        if "messages" in found or "prompt" not in found:
            return None
        prompt = msgspec.json.decode(found["prompt"], type=str | list[str])
    except msgspec.ValidationError:
        raise BadRequest("`prompt` must be a string or a list of strings.", param="prompt") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise BadRequest("The body is not valid JSON.", code="invalid_json") from None
    prompts = [prompt] if isinstance(prompt, str) else prompt
    if not 1 <= len(prompts) <= MAX_PROMPTS:
        raise BadRequest(f"`prompt` takes 1 to {MAX_PROMPTS} strings.", param="prompt")
    for name, neutral in _DEFAULTS.items():
        if name in found and msgspec.json.decode(found[name]) not in (neutral, None):
            raise BadRequest(f"`{name}` has no meaning for a chat model; leave it out.", param=name)
    if len(prompts) > 1 and msgspec.json.decode(found.get("n", b"1")) not in (1, None):
        raise BadRequest("`n` goes with one prompt at a time.", param="n")
    kept = {name: value for name, value in found.items() if name in _CHAT_TAKES}
    return Prompts(
        bodies=tuple(
            msgspec.json.encode({**kept, "messages": [{"role": "user", "content": text}]}) for text in prompts
        ),
        stream=msgspec.json.decode(found.get("stream", b"false")) is True,
    )


def completion(answers: list[bytes]) -> bytes:
    """One `text_completion` out of the chat answers to its prompts, in their order; metadata is the first one's."""
    found = [msgspec.json.decode(answer) for answer in answers]
    choices = [_choice(choice, "message", index) for index, choice in _numbered(found)]
    usages = [answer.get("usage") or {} for answer in found]
    first = found[0]
    body = {
        "id": _id(first),
        "object": "text_completion",
        "created": first.get("created"),
        "model": first.get("model"),
        "choices": choices,
        "usage": {name: sum(usage.get(name) or 0 for usage in usages) for name in _COUNTS},
    }
    if "promptly_metadata" in first:
        body["promptly_metadata"] = first["promptly_metadata"]
    return msgspec.json.encode(body)


_COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens")


class CompletionEvents:
    """A chat stream, event by event, as `text_completion` chunks whose choices start at `first`."""

    def __init__(self, first: int) -> None:
        self._first = first
        self._parser = SseParser()
        self.failed = False

    def feed(self, piece: bytes) -> bytes:
        """The events that these bytes complete; `[DONE]` is left to the caller, who knows whether more follows."""
        return b"".join(event(data) for payload in self._parser.feed(piece) if (data := self._chunk(payload)))

    def _chunk(self, payload: bytes) -> bytes:
        if payload == b"[DONE]":
            return b""
        chunk = msgspec.json.decode(payload)
        if "error" in chunk:
            self.failed = True
            return payload
        choices = [_choice(choice, "delta", self._first + choice["index"]) for choice in chunk.get("choices") or ()]
        says = any(choice["text"] or choice["finish_reason"] for choice in choices)
        if not says and not chunk.get("usage") and "promptly_metadata" not in chunk:
            return b""
        return msgspec.json.encode({**chunk, "id": _id(chunk), "object": "text_completion", "choices": choices})


def _numbered(answers: list[dict[str, Any]]) -> list[tuple[int, dict[str, Any]]]:
    return list(enumerate(choice for answer in answers for choice in answer["choices"]))


def _choice(choice: dict[str, Any], where: str, index: int) -> dict[str, Any]:
    text = (choice.get(where) or {}).get("content") or ""
    return {"index": index, "text": text, "logprobs": None, "finish_reason": choice.get("finish_reason")}


def _id(found: dict[str, Any]) -> str:
    return f"cmpl-{str(found.get('id') or '').removeprefix('chatcmpl-')}"
