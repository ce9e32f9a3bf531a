"""Answers with one thing odd about them, in every provider's format, and what the gateway makes of each.

A fault changes the JSON of an answer (`change`, with a plain answer or each event of a stream), or the bytes around it
(`frame`). `docs/provider-faults.md` is this list as a table.
"""

import gzip
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fake_provider.formats import Event

Json = dict[str, Any]
HUGE = 10**30


@dataclass(frozen=True)
class Fault:
    """`plain` and `streamed` are what becomes of it: "answered", "estimated" (answered, with tokens of our own count),
    "refused" (after so many `calls`), or "broken off" (an error after the first byte). `calls_a_tool` wants an answer with
    tool calls, `only` names the providers that it makes sense for.
    """

    name: str
    what: str
    plain: str = "answered"
    streamed: str = "answered"
    change: Callable[[str, Json], None] | None = None
    frame: Callable[[bytes, bool], bytes] | None = None
    drop: Callable[[str, Json], bool] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    calls: int = 1
    swap: bool = False
    calls_a_tool: bool = False
    only: tuple[str, ...] = ("openai", "anthropic", "google")


def whole(fault: Fault, provider: str, body: bytes, events: list[Event]) -> bytes:
    """A plain answer with the fault."""
    if fault.swap:
        return _framed(fault, _wire(_changed(fault, provider, events)), streamed=False)
    found = json.loads(body)
    if fault.change is not None:
        fault.change(provider, found)
    return _framed(fault, json.dumps(found).encode(), streamed=False)


def stream(fault: Fault, provider: str, body: bytes, events: list[Event]) -> bytes:
    """A stream with the fault."""
    if fault.swap:
        return _framed(fault, body, streamed=True)
    return _framed(fault, _wire(_changed(fault, provider, events)), streamed=True)


def _changed(fault: Fault, provider: str, events: list[Event]) -> list[Event]:
    out = []
    for event in events:
        if not event.data.startswith(b"{"):
            out.append(event)
            continue
        found = json.loads(event.data)
        if fault.drop is not None and fault.drop(provider, found):
            continue
        if fault.change is not None:
            fault.change(provider, found)
        out.append(Event(json.dumps(found).encode(), event.name))
    return out


def _wire(events: list[Event]) -> bytes:
    return b"".join(
        (b"event: " + e.name.encode() + b"\n" if e.name else b"") + b"data: " + e.data + b"\n\n" for e in events
    )


def _framed(fault: Fault, data: bytes, *, streamed: bool) -> bytes:
    return data if fault.frame is None else fault.frame(data, streamed)


def _usages(provider: str, found: Json) -> list[tuple[Json, str]]:
    """Every object that holds a usage object, with its name there."""
    if provider == "google":
        return [(found, "usageMetadata")] if "usageMetadata" in found else []
    places = [found, found.get("message") or {}] if provider == "anthropic" else [found]
    return [(place, "usage") for place in places if place.get("usage")]


def _set_usage(make: Callable[[Json], Any]) -> Callable[[str, Json], None]:
    def change(provider: str, found: Json) -> None:
        for place, name in _usages(provider, found):
            place[name] = make(place[name])

    return change


def _each_count(make: Callable[[int], Any]) -> Callable[[str, Json], None]:
    def counted(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: counted(below) for name, below in value.items()}
        return make(value) if isinstance(value, int) and not isinstance(value, bool) else value

    return _set_usage(counted)


def _without_usage(provider: str, found: Json) -> None:
    for place, name in _usages(provider, found):
        del place[name]


def _choices(found: Json) -> list[Json]:
    return found.get("choices") or []


def _ends(word: Any, *, only_before: bool = False) -> Callable[[str, Json], None]:
    def change(provider: str, found: Json) -> None:
        for choice in _choices(found):
            if not (only_before and choice.get("finish_reason")):
                choice["finish_reason"] = word
        for candidate in found.get("candidates") or ():
            if not (only_before and candidate.get("finishReason")):
                candidate["finishReason"] = word
        for place in (found, found.get("delta") or {}, found.get("message") or {}):
            if "stop_reason" in place and not (only_before and place["stop_reason"]):
                place["stop_reason"] = word

    return change


def _identity(value: Any) -> Callable[[str, Json], None]:
    def change(provider: str, found: Json) -> None:
        for place, name in ((found, "id"), (found, "responseId"), (found.get("message") or {}, "id")):
            if name in place:
                place[name] = value

    return change


def _model(value: Any) -> Callable[[str, Json], None]:
    def change(provider: str, found: Json) -> None:
        for place, name in ((found, "model"), (found, "modelVersion"), (found.get("message") or {}, "model")):
            if name in place:
                place[name] = value

    return change


def _no_index(provider: str, found: Json) -> None:
    for place in (found, *_choices(found), *(found.get("candidates") or ())):
        place.pop("index", None)


def _no_role(provider: str, found: Json) -> None:
    places = [found, *(choice.get(name) or {} for choice in _choices(found) for name in ("message", "delta"))]
    places += [found.get("message") or {}, *(one.get("content") or {} for one in found.get("candidates") or ())]
    for place in places:
        place.pop("role", None)


def _news(provider: str, found: Json) -> None:
    found["of_tomorrow"] = {"a": [1, {"b": None}], "big": 12345678901234567890, "price": 19.90}


def _parts(provider: str, found: Json) -> None:
    for choice in _choices(found):
        said = choice.get("message") or choice.get("delta") or {}
        if isinstance(said.get("content"), str):
            thought = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}
            said["content"] = [thought, {"type": "text", "text": said["content"]}]


def _odd_logprobs(provider: str, found: Json) -> None:
    for choice in _choices(found):
        choice["logprobs"] = []


def _error_null(provider: str, found: Json) -> None:
    found["error"] = None


def _times(value: Any) -> Callable[[str, Json], None]:
    def change(provider: str, found: Json) -> None:
        if "created" in found:
            found["created"] = value

    return change


def _tools(change_call: Callable[[Json], None]) -> Callable[[str, Json], None]:
    def change(provider: str, found: Json) -> None:
        for choice in _choices(found):
            for call in ((choice.get("message") or choice.get("delta") or {}).get("tool_calls")) or ():
                change_call(call)
        for block in [*(found.get("content") or ()), found.get("content_block") or {}]:
            if isinstance(block, dict) and block.get("type") == "tool_use":
                change_call(block)
        for candidate in found.get("candidates") or ():
            for part in (candidate.get("content") or {}).get("parts") or ():
                if "functionCall" in part:
                    change_call(part["functionCall"])

    return change


def _numeric_id(call: Json) -> None:
    if "id" in call:
        call["id"] = 7000 + int(call["id"][-1:])


def _no_id(call: Json) -> None:
    call.pop("id", None)


def _same_index(call: Json) -> None:
    if "index" in call:
        call["index"] = 0


def _far_index(call: Json) -> None:
    if "index" in call:
        call["index"] = 3 + 2 * call["index"]


def _arguments_as_object(call: Json) -> None:
    function = call.get("function") or {}
    if (
        isinstance(function.get("arguments"), str)
        and function["arguments"].startswith("{")
        and function["arguments"].endswith("}")
    ):
        function["arguments"] = json.loads(function["arguments"])


def _no_choices(provider: str, found: Json) -> None:
    for name in ("choices", "candidates", "content"):
        if name in found:
            found[name] = []
    if provider == "anthropic":
        found["stop_reason"] = None


def _before_each(text: bytes) -> Callable[[bytes, bool], bytes]:
    return lambda data, streamed: data.replace(b"data: {", text + b"data: {") if streamed else data


def _nested(data: bytes, streamed: bool) -> bytes:
    deep = b'{"of_tomorrow":' + b"[" * 5000 + b"]" * 5000 + b","
    return data.replace(b"{", deep, 1)


def _raw_deflate(data: bytes, streamed: bool) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


FAULTS = (
    Fault("finish-empty", 'the reason of the end is "" where there is none yet', change=_ends("", only_before=True)),
    Fault(
        "finish-null-word",
        'the reason of the end is "null" where there is none yet',
        change=_ends("null", only_before=True),
        only=("openai",),
    ),
    Fault(
        "finish-unknown",
        "a reason of the end that nobody knows",
        change=lambda p, f: (
            _ends("eos_token")(p, f)
            if any(c.get("finish_reason") for c in _choices(f))
            or f.get("stop_reason")
            or (f.get("delta") or {}).get("stop_reason")
            or any(c.get("finishReason") for c in f.get("candidates") or ())
            else None
        ),
    ),
    Fault("finish-everywhere", "every chunk says that it is the last", change=_ends("stop"), only=("openai",)),
    Fault("usage-missing", "no usage", plain="estimated", streamed="estimated", change=_without_usage),
    Fault("usage-null", "usage is null", plain="estimated", streamed="estimated", change=_set_usage(lambda _: None)),
    Fault("usage-empty", "usage is {}", plain="estimated", streamed="estimated", change=_set_usage(lambda _: {})),
    Fault("usage-list", "usage is a list", plain="estimated", streamed="estimated", change=_set_usage(lambda _: [1])),
    Fault(
        "usage-nulls", "counts are null", plain="estimated", streamed="estimated", change=_each_count(lambda _: None)
    ),
    Fault("usage-text", "counts are texts", change=_each_count(str)),
    Fault("usage-float", "counts are 12.0", change=_each_count(float)),
    Fault(
        "usage-negative",
        "counts are negative",
        plain="estimated",
        streamed="estimated",
        change=_each_count(lambda n: -n - 1),
    ),
    Fault(
        "usage-huge", "counts are 10^30", plain="estimated", streamed="estimated", change=_each_count(lambda _: HUGE)
    ),
    Fault("id-number", "the answer's id is a number", change=_identity(12345)),
    Fault("id-bool", "the answer's id is true", change=_identity(True)),
    Fault("id-null", "the answer's id is null", change=_identity(None)),
    Fault("id-long", "the answer's id has 100,000 characters", change=_identity("x" * 100_000)),
    Fault("model-null", "the model is null", change=_model(None)),
    Fault("model-long", "the model's name has 300,000 characters", change=_model("m" * 300_000)),
    Fault("model-controls", "the model's name holds U+0000 and line ends", change=_model("m\0\r\nset-cookie: a=b")),
    Fault("created-text", "the time is a text", change=_times("1760000000"), only=("openai",)),
    Fault("created-float", "the time is a float", change=_times(1760000000.25), only=("openai",)),
    Fault("index-missing", "no index", change=_no_index),
    Fault("role-missing", "no role", change=_no_role),
    Fault("new-fields", "fields that nobody knows yet", change=_news),
    Fault("content-parts", "content is a list of parts, with thinking among them", change=_parts, only=("openai",)),
    Fault("logprobs-list", "logprobs are a list", change=_odd_logprobs, only=("openai",)),
    Fault("error-null", "an error that is null", change=_error_null),
    Fault("tool-id-number", "the ids of calls are numbers", change=_tools(_numeric_id), calls_a_tool=True),
    Fault("tool-id-missing", "calls without ids", change=_tools(_no_id), calls_a_tool=True),
    Fault("tool-index-same", "every call has index 0", change=_tools(_same_index), calls_a_tool=True, only=("openai",)),
    Fault("tool-index-gaps", "calls count 3, 5", change=_tools(_far_index), calls_a_tool=True, only=("openai",)),
    Fault(
        "tool-arguments-object",
        "arguments are an object",
        change=_tools(_arguments_as_object),
        calls_a_tool=True,
        only=("openai",),
    ),
    Fault("byte-order-mark", "a byte order mark", frame=lambda data, _: b"\xef\xbb\xbf" + data),
    Fault("crlf", "lines end with CR LF", frame=lambda data, _: data.replace(b"\n", b"\r\n")),
    Fault("cr", "lines end with CR", frame=lambda data, streamed: data.replace(b"\n", b"\r") if streamed else data),
    Fault("comments", "comments between events", frame=_before_each(b": still here\n\n")),
    Fault("data-empty", "events without data", frame=_before_each(b"data:\n\ndata: \n\n")),
    Fault(
        "heartbeats",
        "`data: ping`, `event: ping`, `retry:`",
        frame=_before_each(b"event: ping\ndata: ping\n\nretry: 10\n\n"),
    ),
    Fault("last-line-open", "the last empty line is missing", frame=lambda data, _: data.rstrip(b"\n")),
    Fault(
        "done-missing",
        "no [DONE], no message_stop",
        frame=lambda data, _: data.replace(b"data: [DONE]\n\n", b""),
        drop=lambda _, found: found.get("type") == "message_stop",
    ),
    Fault("not-utf-8", "a byte that is no character", frame=lambda data, _: data.replace(b"the", b"th\xff", 1)),
    Fault(
        "gzip",
        "gzip, though identity was asked for",
        headers={"content-encoding": "gzip"},
        frame=lambda data, _: gzip.compress(data),
    ),
    Fault(
        "deflate",
        "deflate in zlib's format",
        headers={"content-encoding": "deflate"},
        frame=lambda data, _: zlib.compress(data),
    ),
    Fault("deflate-bare", "deflate without a header", headers={"content-encoding": "deflate"}, frame=_raw_deflate),
    Fault(
        "brotli",
        "br, which is not opened",
        plain="refused",
        streamed="refused",
        headers={"content-encoding": "br"},
        calls=2,
    ),
    Fault(
        "gzip-broken",
        "says gzip and is none",
        plain="refused",
        streamed="refused",
        headers={"content-encoding": "gzip"},
        calls=2,
    ),
    Fault("swapped", "a stream for a plain request, JSON for a stream", swap=True),
    Fault("nothing-in-it", "no choices, but usage", plain="refused", streamed="skip", change=_no_choices),
    Fault("nested", "nested 5,000 deep", plain="refused", streamed="refused", frame=_nested, calls=2),
)
BY_NAME = {fault.name: fault for fault in FAULTS}
_OUTCOMES = {
    "answered": "answered",
    "estimated": "answered, tokens counted by us and flagged",
    "refused": "502",
    "skip": "–",
}


def table() -> str:
    """The list as Markdown."""
    lines = ["| what is odd | providers | plain | streamed | upstream asked |", "|---|---|---|---|---|"]
    for fault in FAULTS:
        who = "all" if len(fault.only) == 3 else ", ".join(fault.only)
        asked = "once" if fault.calls == 1 else "twice: nothing was billed"
        lines.append(f"| {fault.what} | {who} | {_OUTCOMES[fault.plain]} | {_OUTCOMES[fault.streamed]} | {asked} |")
    return "\n".join(lines) + "\n"
