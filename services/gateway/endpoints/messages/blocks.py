"""Content blocks of the Messages API as neutral blocks."""

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Raw

from services.gateway.formats.blocks import (
    Block,
    Call,
    Hosted,
    Lifetime,
    Media,
    Reasoning,
    Result,
    Text,
    Unknown,
)
from services.gateway.formats.json_fields import (
    Object,
    as_list,
    as_object,
    as_value,
    bare,
    flag,
    given,
    list_of,
    object_of,
    required,
    string,
)
from services.gateway.formats.opaque import PREFIX

ATTRIBUTION = "x-anthropic-billing-header:"
_HOSTED_RESULTS = ("_tool_result", "mcp_tool_use", "advisor", "fallback")
_MAX_DIGEST = 16_000


def content(raw: Raw, field: str) -> tuple[tuple[Block, ...], bool]:
    """The blocks of a content, and whether it was a plain string."""
    if bare(raw):
        said = as_value(raw, field)
        return ((Text(text=said, field=field),) if said else ()), True
    return blocks(as_list(raw, field), field), False


def blocks(items: Sequence[Raw], field: str) -> tuple[Block, ...]:
    """The blocks of a list."""
    return tuple(_block(item, f"{field}[{at}]") for at, item in enumerate(items))


def lifetime(found: Object) -> Lifetime | None:
    """How long the prefix up to a marked block is to be kept; None: it is not marked."""
    if not given(found, "cache_control"):
        return None
    return "1h" if string(object_of(found, "cache_control"), "ttl") == "1h" else "5m"


def _block(raw: Raw, field: str) -> Block:
    found = as_object(raw, field)
    kind = required(string(found, "type", field), f"{field}.type")
    read = _READERS.get(kind)
    if read is not None:
        return read(found, raw, field)
    if kind == "server_tool_use" or kind.endswith(_HOSTED_RESULTS) or kind.startswith(_HOSTED_RESULTS):
        return Hosted(type=kind, digest=_digest(kind, found), raw=raw, cache=lifetime(found))
    return Unknown(type=kind, field=field, raw=raw)


def _text(found: Object, raw: Raw, field: str) -> Block:
    said = required(string(found, "text", field), f"{field}.text")
    return Text(text=said, internal=said.startswith(ATTRIBUTION), raw=raw, cache=lifetime(found), field=f"{field}.text")


def _image(found: Object, raw: Raw, field: str) -> Block:
    return _media("image", found, raw, field)


def _document(found: Object, raw: Raw, field: str) -> Block:
    source = object_of(found, "source", field)
    match string(source, "type", f"{field}.source"):
        case "text":
            said = string(source, "data", f"{field}.source") or ""
        case "content" if bare(source.get("content", Raw(b"[]"))):
            said = string(source, "content", f"{field}.source") or ""
        case "content":
            inner = blocks(list_of(source, "content", f"{field}.source"), f"{field}.source.content")
            if any(not isinstance(block, Text) for block in inner):
                return Unknown(type="document", field=field, raw=raw)
            said = "\n\n".join(block.text for block in inner if isinstance(block, Text))
        case _:
            return _media("document", found, raw, field)
    title, about = string(found, "title", field), string(found, "context", field)
    return Text(text="\n\n".join(part for part in (title, about, said) if part), raw=raw, cache=lifetime(found))


def _media(form: Any, found: Object, raw: Raw, field: str) -> Media:
    where = f"{field}.source"
    source = object_of(found, "source", field)
    return Media(
        form=form,
        media_type=string(source, "media_type", where) or ("application/pdf" if form == "document" else ""),
        data=string(source, "data", where) or "",
        url=string(source, "url", where) or "",
        file_id=string(source, "file_id", where) or "",
        name=string(found, "title", field) or "",
        field=field,
        raw=raw,
        cache=lifetime(found),
    )


def _search_result(found: Object, raw: Raw, field: str) -> Block:
    inner = blocks(list_of(found, "content", field), f"{field}.content")
    said = [block.text for block in inner if isinstance(block, Text)]
    head = [string(found, name, field) for name in ("title", "source")]
    return Text(text="\n\n".join(part for part in (*head, *said) if part), raw=raw, cache=lifetime(found))


def _thinking(found: Object, raw: Raw, field: str) -> Block:
    signature = string(found, "signature", field) or ""
    sealed = signature if signature.startswith(PREFIX) else ""
    return Reasoning(text=string(found, "thinking", field) or "", sealed=sealed, raw=raw)


def _redacted(found: Object, raw: Raw, field: str) -> Block:
    data = string(found, "data", field) or ""
    return Reasoning(sealed=data if data.startswith(PREFIX) else "", raw=raw)


def _call(found: Object, raw: Raw, field: str) -> Block:
    arguments = found.get("input", Raw(b"{}"))
    as_object(arguments, f"{field}.input")
    return Call(
        id=required(string(found, "id", field), f"{field}.id"),
        name=required(string(found, "name", field), f"{field}.name"),
        arguments=arguments,
        raw=raw,
        cache=lifetime(found),
    )


def _result(found: Object, raw: Raw, field: str) -> Block:
    parts: tuple[Block, ...] = ()
    if given(found, "content"):
        parts, _ = content(found["content"], f"{field}.content")
    return Result(
        id=required(string(found, "tool_use_id", field), f"{field}.tool_use_id"),
        parts=parts,
        error=flag(found, "is_error", field) is True,
        raw=raw,
        cache=lifetime(found),
    )


def _reference(found: Object, raw: Raw, field: str) -> Block:
    return Text(text=f"tool {string(found, 'tool_name', field) or string(found, 'name', field)} is available", raw=raw)


def _compaction(found: Object, raw: Raw, field: str) -> Block:
    if (said := string(found, "content", field)) is None:
        return Unknown(type="compaction", field=field, raw=raw)
    return Text(text=said, raw=raw)


def _tool_change(found: Object, raw: Raw, field: str) -> Block:
    return Text(text="", internal=True, raw=raw, cache=lifetime(found))


def _digest(kind: str, found: Object) -> str:
    """What a provider's own tool was called with, and the titles and addresses that it found."""
    if kind.startswith(("advisor", "fallback")):
        return ""
    said: list[str] = []
    _collect({name: as_value(found[name], name) for name in ("name", "input", "content") if name in found}, said, 6)
    return " ".join(said)[:_MAX_DIGEST]


def _collect(value: Any, said: list[str], depth: int) -> None:
    if isinstance(value, list) and depth:
        for item in value:
            _collect(item, said, depth - 1)
    elif isinstance(value, dict) and depth:
        for name, below in value.items():
            if isinstance(below, str):
                if name in ("name", "query", "url", "title", "text", "command", "code"):
                    said.append(below)
            else:
                _collect(below, said, depth - 1)


_READERS: dict[str, Callable[[Object, Raw, str], Block]] = {
    "text": _text,
    "image": _image,
    "document": _document,
    "search_result": _search_result,
    "thinking": _thinking,
    "redacted_thinking": _redacted,
    "tool_use": _call,
    "tool_result": _result,
    "tool_reference": _reference,
    "compaction": _compaction,
    "tool_addition": _tool_change,
    "tool_removal": _tool_change,
}
