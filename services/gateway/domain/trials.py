"""What the levers change that are off until somebody wants them: effort, tool definitions, pictures. Pure, on the body that goes out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Raw

from libs.common.contracts.events import LeverName
from libs.common.images import low_detail_saves, size_of
from libs.common.tool_definitions import described

# By which a client says how much a model is to think, in whichever format.
_THINKING: Final = ("reasoning_effort", "reasoning", "thinking", "enable_thinking", "verbosity")
_OUTPUT, _GENERATION, _TURNS = "output_config", "generationConfig", ("messages", "input", "contents")
_TOOLS: Final = ("tools", "functions")
_DETAIL: Final = (b"", b"null", b'"auto"')
_objects = msgspec.json.Decoder(dict[str, Raw])
_lists = msgspec.json.Decoder(list[Raw])


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What these levers did to one call. `removed` are prompt tokens that a lever took away, `shadow` those that it would have; `effort` is
    what the model was asked to make in the place of its own, None: nothing; `effort_left`: it could have been, and was not.
    `usual_reasoning` is how many tokens such an answer takes to think, None where too few are known, or another model answers.
    """

    removed: tuple[tuple[LeverName, int], ...] = ()
    shadow: tuple[tuple[LeverName, int], ...] = ()
    effort: str | None = None
    effort_left: bool = False
    usual_reasoning: int | None = None


NOTHING_TRIED: Final = Tried()


def says_how_to_think(top: Mapping[str, Raw]) -> bool:
    """Whether a request says anything of how much its model is to think; in doubt it does."""
    if any(_given(top, name) for name in _THINKING):
        return True
    if b"hinking" in bytes(top.get(_GENERATION, b"")) or b'"effort"' in bytes(top.get(_OUTPUT, b"")):
        return True
    return any(b'"output_config"' in bytes(top.get(name, b"")) for name in _TURNS)


def with_effort(body: bytes, path: Sequence[str], value: str) -> bytes | None:
    """The body with a value put where the path leads; None where something stands there, or where the body says how to think."""
    fields = _objects.decode(body)
    return None if says_how_to_think(fields) else msgspec.json.encode(_put(fields, path, value))


def _put(fields: dict[str, Raw], path: Sequence[str], value: str) -> dict[str, Any]:
    name, *rest = path
    if not rest:
        return {**fields, name: value}
    return {**fields, name: _put(_objects.decode(fields[name]) if _given(fields, name) else {}, rest, value)}


def with_definitions(body: bytes, shorter: Mapping[str, str]) -> bytes | None:
    """The body with other descriptions of its tools; None where none of them is there."""
    fields = _objects.decode(body)
    changed = {
        name: made
        for name in _TOOLS
        if name in fields
        and (made := described(fields[name], lambda text: shorter.get(text, text))) is not fields[name]
    }
    return msgspec.json.encode({**fields, **changed}) if changed else None


def with_low_detail(body: bytes, model: str) -> tuple[bytes, int] | None:
    """A body in one of OpenAI's two formats that asks for low detail wherever a picture shows its size and asks for none itself, and the
    tokens that this takes away; None where there is no such picture, or how the model counts them is not known.
    """
    fields = _objects.decode(body)
    saved: list[int] = []
    for name in ("messages", "input"):
        if b'image_url"' not in bytes(fields.get(name, b"")):
            continue
        fields[name] = _joined(_turn(turn, model, saved) for turn in _items(fields[name]))
    return (msgspec.json.encode(fields), sum(saved)) if saved else None


def _turn(turn: Raw, model: str, saved: list[int]) -> Raw:
    if b'image_url"' not in bytes(turn):
        return turn
    fields = _objects.decode(turn)
    before = list(_items(fields.get("content", Raw(b"[]"))))
    parts = [_part(part, model, saved) for part in before]
    same = all(new is old for new, old in zip(parts, before, strict=True))
    return turn if same else Raw(msgspec.json.encode({**fields, "content": parts}))


def _part(part: Raw, model: str, saved: list[int]) -> Raw:
    if b'image_url"' not in bytes(part):
        return part
    fields = _objects.decode(part)
    kind = _text(fields, "type")
    if kind == "image_url" and bytes(fields.get("image_url", b"")).lstrip()[:1] == b"{":
        inner = _objects.decode(fields["image_url"])
        if (found := _lowered(inner, "url", model, saved)) is not None:
            return Raw(msgspec.json.encode({**fields, "image_url": found}))
    elif kind == "input_image" and (found := _lowered(fields, "image_url", model, saved)) is not None:
        return Raw(msgspec.json.encode(found))
    return part


def _lowered(fields: dict[str, Raw], url: str, model: str, saved: list[int]) -> dict[str, Any] | None:
    size = size_of(_text(fields, url))
    fewer = None if size is None else low_detail_saves(model, size)
    if fewer is None or bytes(fields.get("detail", b"")).strip() not in _DETAIL:
        return None
    saved.append(fewer)
    return {**fields, "detail": "low"}


def _items(value: Raw) -> Iterator[Raw]:
    """The items of a list; nothing of what is none."""
    if bytes(value).lstrip()[:1] == b"[":
        yield from _lists.decode(value)


def _joined(items: Iterable[Raw]) -> Raw:
    return Raw(b"[" + b",".join(map(bytes, items)) + b"]")


def _text(fields: Mapping[str, Raw], name: str) -> str:
    value = bytes(fields.get(name, b"")).strip()
    return msgspec.json.decode(value, type=str) if value[:1] == b'"' else ""


def _given(fields: Mapping[str, Raw], name: str) -> bool:
    return bytes(fields.get(name, b"null")).strip() != b"null"
