"""Gemini's answers, whole or in pieces, as OpenAI's messages, usage and finish reasons."""

import hashlib
from typing import Any

import msgspec

from libs.common.contracts.events import TokenClasses
from services.gateway.domain.attempts import Failure
from services.gateway.translate.dialect import Kept, Whole
from services.gateway.translate.google_wire import (
    Alternative,
    Call,
    Candidate,
    Counts,
    Logprobs,
    Media,
    Part,
    Reply,
    reply,
)
from services.gateway.translate.openai_usage import ESTIMATED, usage_of

_LENGTH = ("MAX_TOKENS", "CONTINUATION")
_FILTERED = (
    "SAFETY RECITATION LANGUAGE BLOCKLIST PROHIBITED_CONTENT SPII ESCALATION MODEL_ARMOR OTHER PUP_LIMITED_DISABLED"
).split()
_UNUSABLE = ("MALFORMED_FUNCTION_CALL", "MALFORMED_RESPONSE", "MISSING_THOUGHT_SIGNATURE")
_ID_BYTES = 12


def answer(data: bytes, *, model: str, request_id: str, created: int) -> Whole:
    """A whole answer. `Failure` "malformed" for one without candidates, or whose call the model got wrong."""
    found = reply(data)
    calls = Calls(model, request_id)
    used = usage(found.counts)
    try:
        choices = [_choice(candidate, place, calls) for place, candidate in enumerate(found.candidates)]
        if not choices and found.blocked is None:
            raise Failure("malformed", "The answer has no candidates.")
    except Failure as failure:
        failure.billed = billed(used)
        raise
    if not choices:
        message = {"role": "assistant", "content": "", "refusal": None}
        choices = [{"index": 0, "message": message, "logprobs": None, **blocked(found.blocked or "")}]
    body = {**head(found, model, request_id, created), "object": "chat.completion", "choices": choices}
    if used is not None:
        body["usage"] = used
    return Whole(body=msgspec.json.encode(body), kept=calls.kept)


def head(found: Reply, model: str, request_id: str, created: int) -> dict[str, Any]:
    """What every object of an answer begins with."""
    return {
        "id": f"chatcmpl-{found.id or request_id}",
        "object": "chat.completion.chunk",
        "created": created,
        "model": found.model or model,
        **({"service_tier": "default" if found.tier == "standard" else found.tier} if found.tier else {}),
    }


def billed(used: dict[str, Any] | None) -> TokenClasses | None:
    """What a usage object says that was charged."""
    found = None if used is None else usage_of(msgspec.json.encode(used))
    return found.classes() if found is not None and found.billed else None


def usage(counts: Counts | None) -> dict[str, Any] | None:
    """OpenAI's usage object, where thoughts are part of the completion; None where nothing was counted."""
    if counts is None or (counts.prompt is None and counts.said is None):
        return None
    prompt, said = (counts.prompt or 0) + counts.tools, counts.said or 0
    # Mostly the candidates' tokens leave out thoughts; where the total leaves no room for them, they are in already.
    completion = said if prompt + said == counts.total else said + counts.thoughts
    found: dict[str, Any] = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": counts.cached},
        "completion_tokens_details": {"reasoning_tokens": min(counts.thoughts, completion)},
    }
    if counts.audio_input:
        found["prompt_tokens_details"]["audio_tokens"] = counts.audio_input
        if counts.audio_cached:
            found["prompt_tokens_details"]["cached_tokens_details"] = {"audio_tokens": counts.audio_cached}
    for name, count in (("audio_tokens", counts.audio_output), ("image_tokens", counts.image_output)):
        if count:
            found["completion_tokens_details"][name] = count
    if counts.odd or not prompt:
        found[ESTIMATED] = True
    return found


def ending(native: str | None, *, called: bool) -> dict[str, Any]:
    """A choice's finish reason beside Google's own. `Failure` "malformed" where the model's answer came out broken."""
    if native in _UNUSABLE:
        raise Failure("malformed", f"The model's answer came out broken ({native}).")
    finish = "tool_calls" if called else "stop"
    if native in _LENGTH:
        finish = "length"
    elif native is not None and (native in _FILTERED or native.startswith("IMAGE_")):
        finish = "content_filter"
    return {"finish_reason": finish, "native_finish_reason": native}


def blocked(reason: str) -> dict[str, Any]:
    """The finish reason of a prompt that was refused."""
    return {"finish_reason": "content_filter", "native_finish_reason": reason}


class Calls:
    """The tool calls of one answer: no two share an id, and `kept` holds what has to come back with their results."""

    def __init__(self, model: str, request_id: str) -> None:
        self.kept: dict[str, Kept] = {}
        self._model = model
        self._request_id = request_id

    def add(self, call: Call, signature: str | None) -> str:
        """The id of a call."""
        identity = call.id
        if not identity or identity in self.kept:
            seed = f"{self._request_id}:{len(self.kept)}".encode()
            identity = "call_" + hashlib.blake2b(seed, digest_size=_ID_BYTES).hexdigest()
        self.kept[identity] = Kept(served_model=self._model, signature=signature or None)
        return identity

    def sign(self, identity: str, signature: str) -> bool:
        """Keep a signature that came after its call; False where the call has one."""
        if self.kept[identity].signature is not None:
            return False
        self.kept[identity] = Kept(served_model=self._model, signature=signature)
        return True


class Turn:
    """One answer in the making: each part becomes a delta of OpenAI's."""

    def __init__(self, calls: Calls) -> None:
        self.called: list[dict[str, Any]] = []
        self._calls = calls
        self._after_call = False
        self._images = 0

    def take(self, part: Part) -> dict[str, Any] | None:
        """What a part says; None: nothing that OpenAI's format has a place for."""
        after_call, self._after_call = self._after_call, part.function_call is not None
        if part.function_call is not None:
            if not part.function_call.name:
                raise Failure("malformed", "The answer calls a function without saying which.")
            return {
                "tool_calls": [{"index": len(self.called), **self._call(part.function_call, part.thought_signature)}]
            }
        if part.text:
            return {"reasoning_content" if part.thought else "content": part.text}
        if part.media is not None and not part.thought:
            return self._media(part.media)
        if said := _in_words(part.other):
            return {"content": said}
        if after_call and part.thought_signature:
            # Of calls made together only the first is signed, so a late signature is the first one's.
            first = self.called[0]
            if self._calls.sign(first["id"], part.thought_signature):
                first["extra_content"] = _signed(part.thought_signature)
        return None

    def _media(self, media: Media) -> dict[str, Any]:
        """A picture where OpenRouter and LiteLLM have it; anything else as a link that holds it."""
        url = f"data:{media.mime};base64,{media.data}"
        if not media.mime.startswith("image/"):
            return {"content": f"[{media.mime}]({url})"}
        self._images += 1
        return {"images": [{"index": self._images - 1, "type": "image_url", "image_url": {"url": url}}]}

    def _call(self, call: Call, signature: str | None) -> dict[str, Any]:
        function = {"name": call.name, "arguments": call.arguments}
        made: dict[str, Any] = {"id": self._calls.add(call, signature), "type": "function", "function": function}
        if signature:
            made["extra_content"] = _signed(signature)
        self.called.append(made)
        return made


def _in_words(other: dict[str, Any]) -> str:
    """Kinds that OpenAI's format has no place for, such as code that was run, as Markdown: nobody pays for what is not shown."""
    said = []
    for name, value in other.items():
        if not value:
            continue
        fields = value if isinstance(value, dict) else {"value": value}
        match name, fields:
            case "executableCode" | "executable_code", {"code": str(code)}:
                language = str(fields.get("language") or "").lower()
                said.append(f"\n```{'' if language == 'language_unspecified' else language}\n{code.rstrip()}\n```\n")
            case "codeExecutionResult" | "code_execution_result", _:
                said.append(f"\n```\n{str(fields.get('output') or fields.get('outcome') or '').rstrip()}\n```\n")
            case "fileData" | "file_data", _ if address := fields.get("fileUri") or fields.get("file_uri"):
                said.append(f"[{fields.get('mimeType') or fields.get('mime_type') or 'file'}]({address})")
            case _:
                said.append(f"\n```json\n{msgspec.json.encode({name: value}).decode()}\n```\n")
    return "".join(said)


def _signed(signature: str) -> dict[str, Any]:
    return {"google": {"thought_signature": signature}}


def _choice(candidate: Candidate, place: int, calls: Calls) -> dict[str, Any]:
    turn = Turn(calls)
    said: dict[str, list[Any]] = {}
    for part in candidate.parts:
        for kind, piece in (turn.take(part) or {}).items():
            said.setdefault(kind, []).extend(piece if isinstance(piece, list) else [piece])
    said.pop("tool_calls", None)
    images = [{name: image[name] for name in ("type", "image_url")} for image in said.pop("images", ())]
    texts = {kind: "".join(pieces) for kind, pieces in said.items()}
    content = texts.pop("content", None if turn.called else "")
    message: dict[str, Any] = {"role": "assistant", "content": content, "refusal": None, **texts}
    if images:
        message["images"] = images
    if turn.called:
        message["tool_calls"] = turn.called
    return {
        "index": place if candidate.index is None else candidate.index,
        "message": message,
        "logprobs": _logprobs(candidate.logprobs),
        **ending(candidate.finish_reason, called=bool(turn.called)),
    }


def _logprobs(found: Logprobs | None) -> dict[str, Any] | None:
    if found is None or not found.chosen_candidates:
        return None
    tops = [top.candidates or [] for top in found.top_candidates or ()]
    tops += [[]] * (len(found.chosen_candidates) - len(tops))
    content = [
        {**_token(chosen), "top_logprobs": [_token(other) for other in top]}
        for chosen, top in zip(found.chosen_candidates, tops, strict=False)
    ]
    return {"content": content, "refusal": None}


def _token(found: Alternative) -> dict[str, Any]:
    return {"token": found.token, "logprob": found.log_probability, "bytes": list(found.token.encode())}
