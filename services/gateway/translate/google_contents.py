"""OpenAI's messages as Gemini's turns: a user's and the model's by turns, every call answered right after it."""

import re
from typing import Any

import msgspec

from libs.common.contracts.base import DECODE_ERRORS, decoder
from services.gateway.translate.dialect import Asked
from services.gateway.translate.google_fields import read, unusable
from services.gateway.translate.google_models import generation
from services.gateway.translate.google_parts import Content, is_text, parts, text_parts, texts

# Documented by Google for calls that another model made, or whose signature got lost.
NO_SIGNATURE = "skip_thought_signature_validator"
_FILLER = {"text": "."}
_UNANSWERED = {"error": "no result"}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,127}")


class _Function(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    arguments: str | None = None


class _Call(msgspec.Struct, frozen=True, kw_only=True):
    id: str | None = None
    function: _Function | None = None
    extra_content: Any = None


class _Message(msgspec.Struct, frozen=True, kw_only=True):
    role: str
    content: Content = None
    refusal: str | None = None
    name: str | None = None
    tool_calls: list[_Call] | None = None
    function_call: _Function | None = None
    tool_call_id: str | None = None

    @property
    def calls(self) -> list[_Call]:
        if self.role != "assistant":
            return []
        legacy = [_Call(function=self.function_call)] if self.function_call is not None else []
        return self.tool_calls or legacy


def contents(asked: Asked) -> dict[str, Any]:
    """The request's `contents`, and its `systemInstruction` where there is one."""
    messages: list[_Message] = read(list[_Message], bytes(asked.messages), "messages")
    answers, used = _matched(messages)
    system: list[dict[str, Any]] = []
    turns: list[dict[str, Any]] = []
    for position, message in enumerate(messages):
        where = f"messages[{position}].content"
        match message.role:
            case "system" | "developer":
                system += text_parts(texts(message.content, where))
            case "assistant":
                said = parts(message.content or message.refusal, where)
                calls = _calls(message, position, asked)
                results = [
                    _result(call["functionCall"], answers.get((position, index))) for index, call in enumerate(calls)
                ]
                shown = [answers[position, index] for index in range(len(calls)) if (position, index) in answers]
                _add(turns, "model", said + calls)
                _add(turns, "user", [*results, *(media for one in shown for media in _media(one))])
            case "tool" | "function":
                _add(turns, "user", [] if position in used else parts(message.content, where))
            case _:
                _add(turns, "user", parts(message.content, where))
    if not turns or turns[0]["role"] == "model":
        turns.insert(0, {"role": "user", "parts": [_FILLER]})
    if asked.model.startswith("gemma"):
        turns[0]["parts"][:0] = system  # this family takes no system instruction
        system = []
    return {**({"systemInstruction": {"parts": system}} if system else {}), "contents": turns}


def checked_name(name: str, field: str) -> str:
    """The name of a function, if Gemini takes it."""
    if _NAME.fullmatch(name) is None:
        raise unusable(field, "must begin with a letter or `_`, and hold up to 128 letters, digits and any of `_.:-`.")
    return name


def _add(turns: list[dict[str, Any]], role: str, found: list[dict[str, Any]]) -> None:
    if not found:
        return
    if turns and turns[-1]["role"] == role:
        turns[-1]["parts"] += found
    else:
        turns.append({"role": role, "parts": found})


def _matched(messages: list[_Message]) -> tuple[dict[tuple[int, int], _Message], set[int]]:
    """The result of each call, by the places of its message and of the call; and the places of results that fit one.

    Ids may come again in a long conversation: a result belongs to the last call of its id that has none yet.
    """
    found: dict[tuple[int, int], _Message] = {}
    used: set[int] = set()
    waiting: dict[str, list[tuple[int, int]]] = {}
    for position, message in enumerate(messages):
        made: dict[str, list[tuple[int, int]]] = {}
        for index, call in enumerate(message.calls):
            key = _bare_id(call.id) or (call.function.name if call.function is not None else "")
            made.setdefault(key, []).append((position, index))
        waiting |= made
        if message.role in ("tool", "function"):
            open_calls = waiting.get(_bare_id(message.tool_call_id) or message.name or "")
            if open_calls:
                found[open_calls.pop(0)] = message
                used.add(position)
    return found, used


def _calls(message: _Message, position: int, asked: Asked) -> list[dict[str, Any]]:
    found = []
    for index, call in enumerate(message.calls):
        field = f"messages[{position}].tool_calls[{index}].function"
        if call.function is None:
            raise unusable(field, "is missing: this model knows calls of functions only.")
        made = {"name": checked_name(call.function.name, f"{field}.name"), "args": _object(call.function, "_raw")}
        identity = _bare_id(call.id)
        part: dict[str, Any] = {"functionCall": {"id": identity, **made} if identity else made}
        if (signature := _signature(call, asked)) is not None:
            part["thoughtSignature"] = signature
        elif index == 0 and generation(asked.model) >= (3, 0):
            part["thoughtSignature"] = NO_SIGNATURE
        found.append(part)
    return found


def _signature(call: _Call, asked: Asked) -> str | None:
    """What the same model signed this call with; another model's signature is worth nothing to this one."""
    kept = asked.kept.get(call.id or "") or asked.kept.get(_bare_id(call.id))
    if kept is not None and kept.served_model != asked.model:
        return None
    try:
        sent = call.extra_content["google"]["thought_signature"]
    except (TypeError, KeyError):
        sent = None
    if isinstance(sent, str) and sent:
        return sent
    return kept.signature if kept is not None else None


def _result(call: dict[str, Any], message: _Message | None) -> dict[str, Any]:
    identity = {"id": call["id"]} if "id" in call else {}
    response = _UNANSWERED if message is None else _json_object(_told(message), "output")
    return {"functionResponse": {**identity, "name": call["name"], "response": response}}


def _told(message: _Message) -> str:
    """The text of a result; what else it holds stands after all results of its turn."""
    if not isinstance(message.content, list):
        return "".join(texts(message.content, ""))
    told = "".join(texts([part for part in message.content if is_text(part)], ""))
    return told or ("The result follows." if message.content else "")


def _media(message: _Message) -> list[dict[str, Any]]:
    """Pictures and files of a result: a function's response holds JSON only."""
    if not isinstance(message.content, list):
        return []
    return parts([part for part in message.content if not is_text(part)], "messages.content")


def _object(function: _Function, otherwise: str) -> Any:
    text = function.arguments or ""
    return _json_object(text, otherwise) if text.strip() else {}


def _json_object(text: str, otherwise: str) -> Any:
    """The text of a JSON object as it is, so that no number changes on the way; any other text under a key of its own."""
    try:
        decoder(dict[str, Any]).decode(text)
    except (*DECODE_ERRORS, RecursionError):
        return {otherwise: text}
    return msgspec.Raw(text.encode())


def _bare_id(identity: str | None) -> str:
    """A call's id without the signature that other gateways hang on it."""
    return (identity or "").partition("__thought__")[0]
