"""What servers make of OpenAI's format, mended to what its clients read. What needs no mending stays byte for byte.

A message and a delta are mended alike: content as a list of parts becomes text, reasoning and refusal; ids become texts,
arguments JSON in a text, finish reasons OpenAI's words.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from services.gateway.translate.fields import MAX_NAME, Fields, as_text, compact, raw, read_list, read_object

FINISHES = frozenset(("stop", "length", "tool_calls", "content_filter", "function_call"))
_NOTHING = frozenset(("", "null", "none", "undefined", "nil", "false", "0"))
_WORDS = {
    "length": (
        "max_tokens",
        "max_length",
        "max_output_tokens",
        "model_length",
        "token_limit",
        "truncated",
        "incomplete",
    ),
    "tool_calls": ("tool_use", "tool_call", "function", "function_calls"),
    "content_filter": (
        "safety",
        "refusal",
        "sensitive",
        "content_filtered",
        "recitation",
        "prohibited_content",
        "blocked",
    ),
}
_OPENAI = {word: finish for finish, words in _WORDS.items() for word in words}
# An answer that ended for one of these is not whole, and OpenAI has one word for that.
_BROKEN_OFF = ("error", "abort", "cancel", "insufficient", "timeout", "timed_out", "fail", "interrupt")
_MOST_PARTS = 100_000
_MOST_DEPTH = 8
_MAX_INDEX = 1024


def finish_reason(given: Any) -> str | None:
    """OpenAI's word for why an answer ended; None: it has not ended."""
    word = as_text(given).strip().lower() if not isinstance(given, bool) else str(given).lower()
    if word in _NOTHING:
        return None
    if word in FINISHES:
        return word
    if word in _OPENAI:
        return _OPENAI[word]
    return "length" if any(sign in word for sign in _BROKEN_OFF) else "stop"


def mend_head(fields: Fields, otherwise: Mapping[str, Any]) -> None:
    """What stands beside the choices: ids and names are texts that can be kept, a time is a number. `otherwise` has what is
    said where the server says nothing.
    """
    values = fields.values
    for name in ("id", "model", "system_fingerprint", "service_tier"):
        if name in values and not _is_name(fields.value(name)):
            values[name] = raw(fields.name(name) or None)
            if name in ("id", "model") and not fields.name(name):
                del values[name]
    if "created" in values and not isinstance(fields.value("created"), int):
        values["created"] = raw(_seconds(fields.text("created")))
    for name, value in otherwise.items():
        if name not in values or fields.value(name) is None:
            values[name] = raw(value)
    if "object" in values and not isinstance(fields.value("object"), str):
        del values["object"]


def mend_choice(choice: Fields, where: str, position: int) -> None:
    """One choice; `where` is "message" or "delta"."""
    values = choice.values
    values["index"] = raw(_index(choice.value("index"), position))
    said = _said(choice, where)
    mend_message(said, whole=where == "message")
    for name in ("message", "delta", "text"):
        values.pop(name, None)
    values[where] = msgspec.Raw(said.encode())
    given = choice.value("finish_reason")
    finish = finish_reason(given)
    if where == "message" and finish is None:
        finish = "tool_calls" if "tool_calls" in said.values else "stop"
    if finish != given and as_text(given) and finish is not None and "native_finish_reason" not in values:
        values["native_finish_reason"] = raw(as_text(given)[:MAX_NAME])
    values["finish_reason"] = raw(finish)
    if "logprobs" in values and not choice.object("logprobs").values:
        values["logprobs"] = raw(None)


def mend_message(said: Fields, *, whole: bool) -> None:
    """A message or a delta. The calls of a delta keep their places; see `openai_calls`."""
    values = said.values
    if (whole or "role" in values) and not isinstance(said.value("role"), str):
        values["role"] = raw("assistant")
    if "content" in values:
        content, reasoning, refusal = _content(values["content"])
        values["content"] = raw(content)
        for name, text in (("reasoning_content", reasoning), ("refusal", refusal)):
            if text and not said.text(name):
                values[name] = raw(text)
    elif whole:
        values["content"] = raw(None)
    if "refusal" in values and not isinstance(said.value("refusal"), str | None):
        values["refusal"] = raw(_content(values["refusal"])[0])
    if "tool_calls" in values:
        calls = [call for call in said.objects("tool_calls") if call.values]
        if not calls:
            del values["tool_calls"]
        else:
            for call in calls:
                mend_call(call, whole=whole)
            values["tool_calls"] = raw([msgspec.Raw(call.encode()) for call in calls])
    if "function_call" in values and (made := said.object("function_call")).values:
        _mend_function(made, whole=whole)
        values["function_call"] = msgspec.Raw(made.encode())


def mend_call(call: Fields, *, whole: bool) -> None:
    """A tool call or a piece of one. Arguments are JSON in a text, digit for digit as they came."""
    values = call.values
    if "id" in values:
        values["id"] = raw(call.name("id") or None)
    if not isinstance(call.value("type"), str) and ("type" in values or whole):
        values["type"] = raw("function")
    if "custom" in values and call.object("custom").values:
        return
    function = call.object("function")
    if not function.values and "name" in values:  # some say it without the level between
        function = Fields({name: values[name] for name in ("name", "arguments") if name in values})
    _mend_function(function, whole=whole)
    values["function"] = msgspec.Raw(function.encode())


def _mend_function(function: Fields, *, whole: bool) -> None:
    if "name" in function.values or whole:
        function.values["name"] = raw(function.name("name"))
    given = function.values.get("arguments")
    value = function.value("arguments")
    if given is None or value is None:
        if whole:
            function.values["arguments"] = raw("{}")
        else:
            function.values.pop("arguments", None)
    elif not isinstance(value, str):
        function.values["arguments"] = raw(compact(given))


def _said(choice: Fields, where: str) -> Fields:
    """The message or the delta, also under the other's name, as a bare text, or as the older API has it."""
    for name in (where, "message" if where == "delta" else "delta"):
        if (found := choice.object(name)).values:
            return found
        if isinstance(text := choice.value(name), str) and text:
            return Fields({"content": raw(text)})
    return Fields({"content": raw(text)}) if (text := choice.text("text")) else Fields({})


def _content(given: msgspec.Raw) -> tuple[str | None, str, str]:
    """Content as text, and what was reasoning or a refusal among its parts."""
    found: dict[str, list[str]] = {"text": [], "thinking": [], "refusal": []}
    if bytes(given) == b"null":
        return None, "", ""
    _collect(given, "text", found, _MOST_DEPTH)
    text, thinking, refusal = ("".join(pieces) for pieces in found.values())
    return text, thinking, refusal


def _collect(given: msgspec.Raw, kind: str, found: dict[str, list[str]], depth: int) -> None:
    if depth == 0 or sum(map(len, found.values())) > _MOST_PARTS:
        return
    first = bytes(given).lstrip()[:1]
    if first == b"[":
        for item in read_list(given) or ():
            _collect(item, kind, found, depth - 1)
    elif first == b"{":
        part = read_object(given) or Fields({})
        said = part.text("type")
        if said in ("thinking", "reasoning", "reasoning_text", "thought") or part.value("thought") is True:
            kind = "thinking"
        elif said == "refusal":
            kind = "refusal"
        for name in ("text", "thinking", "reasoning", "refusal", "summary", "content", "value", "output_text"):
            if name in part.values:
                _collect(part.values[name], kind, found, depth - 1)
    else:
        found[kind].append(Fields({"": given}).text(""))


def _index(given: Any, position: int) -> int:
    if isinstance(given, str) and given.isdecimal() and len(given) < 5:
        given = int(given)
    fits = isinstance(given, int) and not isinstance(given, bool) and 0 <= given < _MAX_INDEX
    return given if fits else position


def _is_name(value: Any) -> bool:
    return value is None or (isinstance(value, str) and len(value) <= MAX_NAME)


def _seconds(said: str) -> int:
    try:
        return max(0, int(float(said[:MAX_NAME])))
    except (ValueError, OverflowError):
        return 0
