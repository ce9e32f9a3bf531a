"""Gemini's answers, whole or in pieces, as OpenAI's messages, usage and finish reasons."""

import hashlib
from typing import Any

import msgspec

from services.gateway.domain.attempts import Failure
from services.gateway.translate.dialect import Kept, Whole
from services.gateway.translate.google_wire import Alternative, Call, Candidate, Counts, Logprobs, Part, Reply, reply

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
    choices = [_choice(candidate, place, calls) for place, candidate in enumerate(found.candidates or ())]
    if not choices:
        if found.blocked is None:
            raise Failure("malformed", "The answer has no candidates.")
        message = {"role": "assistant", "content": "", "refusal": None}
        choices = [{"index": 0, "message": message, "logprobs": None, **blocked(found.blocked)}]
    body = {**head(found, model, request_id, created), "object": "chat.completion", "choices": choices}
    if (used := usage(found.usage_metadata)) is not None:
        body["usage"] = used
    return Whole(body=msgspec.json.encode(body), kept=calls.kept)


def head(found: Reply, model: str, request_id: str, created: int) -> dict[str, Any]:
    """What every object of an answer begins with."""
    identity = f"chatcmpl-{found.response_id or request_id}"
    return {
        "id": identity,
        "object": "chat.completion.chunk",
        "created": created,
        "model": found.model_version or model,
    }


def usage(counts: Counts | None) -> dict[str, Any] | None:
    """OpenAI's usage object, where thoughts are part of the completion; None where nothing was counted."""
    if counts is None or counts.prompt_token_count is None:
        return None
    prompt = counts.prompt_token_count + (counts.tool_use_prompt_token_count or 0)
    said, thoughts = counts.candidates_token_count or 0, counts.thoughts_token_count or 0
    # Mostly the candidates' tokens leave out thoughts; where the total leaves no room for them, they are in already.
    completion = said if prompt + said == counts.total_token_count else said + thoughts
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": counts.cached_content_token_count or 0},
        "completion_tokens_details": {"reasoning_tokens": min(thoughts, completion)},
    }


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

    def take(self, part: Part) -> dict[str, Any] | None:
        """What a part says; None: nothing that OpenAI's format has a place for."""
        after_call, self._after_call = self._after_call, part.function_call is not None
        if part.function_call is not None:
            return {
                "tool_calls": [{"index": len(self.called), **self._call(part.function_call, part.thought_signature)}]
            }
        if part.text:
            return {"reasoning_content" if part.thought else "content": part.text}
        if after_call and part.thought_signature:
            # Of calls made together only the first is signed, so a late signature is the first one's.
            first = self.called[0]
            if self._calls.sign(first["id"], part.thought_signature):
                first["extra_content"] = _signed(part.thought_signature)
        return None

    def _call(self, call: Call, signature: str | None) -> dict[str, Any]:
        arguments = msgspec.json.encode(call.args or {}).decode()
        function = {"name": call.name, "arguments": arguments}
        made: dict[str, Any] = {"id": self._calls.add(call, signature), "type": "function", "function": function}
        if signature:
            made["extra_content"] = _signed(signature)
        self.called.append(made)
        return made


def _signed(signature: str) -> dict[str, Any]:
    return {"google": {"thought_signature": signature}}


def _choice(candidate: Candidate, place: int, calls: Calls) -> dict[str, Any]:
    turn = Turn(calls)
    said: dict[str, str] = {}
    for part in candidate.parts:
        for kind, piece in (turn.take(part) or {}).items():
            if kind != "tool_calls":
                said[kind] = said.get(kind, "") + piece
    content = said.pop("content", None if turn.called else "")
    message: dict[str, Any] = {"role": "assistant", "content": content, "refusal": None, **said}
    if turn.called:
        message["tool_calls"] = turn.called
    return {
        "index": place if candidate.index is None else candidate.index,
        "message": message,
        "logprobs": _logprobs(candidate.logprobs_result),
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
