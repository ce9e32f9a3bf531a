"""OpenAI's content parts as Anthropic's blocks: text, images and documents, with their cache breakpoints."""

import base64
import re
from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec

from libs.common.contracts.base import decoder
from libs.common.errors import BadRequest

Block = dict[str, Any]
T = TypeVar("T")

_MAX_BREAKPOINTS = 4
_MAX_TITLE = 500
_IMAGES = ("image/jpeg", "image/png", "image/gif", "image/webp")
_DATA_URL = re.compile(r"data:([^;,]+)[^,]*;base64,(.*)", re.IGNORECASE | re.DOTALL)


def unusable(field: str, why: str) -> BadRequest:
    """The error for a field that has no form at Anthropic; `why` goes on from the field's name."""
    return BadRequest(f"`{field}` {why}", param=field)


def read(data: bytes | msgspec.Raw, kind: type[T], field: str = "") -> T:
    """A client's JSON as a struct; `BadRequest` names what does not fit, below `field`."""
    try:
        found: T = decoder(kind).decode(data)
    except msgspec.ValidationError as error:
        what, _, path = str(error).partition(" - at `$")
        raise unusable(f"{field}{path.rstrip('`')}".strip("."), f"cannot be used: {what}.") from None
    return found


def blocks(content: str | Sequence[Block] | None, field: str, *, only_text: bool = False) -> list[Block]:
    """The blocks of a message's content. Anthropic refuses text without a character in it, so that is left out."""
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content or ()
    found = []
    for at, part in enumerate(parts):
        where = f"{field}[{at}]"
        if only_text and part.get("type") not in ("text", "refusal"):
            raise unusable(where, "can only be text in a message of this role.")
        block = _block(part, where)
        if block is None:
            continue
        if marker := breakpoint_of(part):
            block["cache_control"] = marker
        found.append(block)
    return found


def text(said: str) -> Block:
    """A text block."""
    return {"type": "text", "text": said}


def breakpoint_of(part: Block) -> Block | None:
    """The cache breakpoint on a part or a tool, in Anthropic's own form or in OpenAI's."""
    match part:
        case {"cache_control": {"type": "ephemeral", **more}}:
            lasting = more.get("ttl") == "1h"
        case {"prompt_cache_breakpoint": {**more}}:
            lasting = more.get("ttl") == "12h"
        case _:
            return None
    return {"type": "ephemeral", "ttl": "1h"} if lasting else {"type": "ephemeral"}


def limit_breakpoints(marked: Sequence[Block]) -> None:
    """Keep what Anthropic takes, in place: four at most, the hour-long ones first. The last four cover the most."""
    found = [block for block in marked if "cache_control" in block]
    for block in found[:-_MAX_BREAKPOINTS]:
        del block["cache_control"]
    short = False
    for block in found[-_MAX_BREAKPOINTS:]:
        short = short or "ttl" not in block["cache_control"]
        if short:
            block["cache_control"] = {"type": "ephemeral"}


def _block(part: Block, field: str) -> Block | None:
    match part:
        case {"type": "text", "text": str(said)} | {"type": "refusal", "refusal": str(said)}:
            return text(said) if said.strip() else None
        case {"type": "image_url", "image_url": {"url": str(url)} | str(url)}:
            return _image(url, field)
        case {"type": "file", "file": {"file_data": str(data)} as file}:
            return _document(data, file.get("filename"), field)
        case {"type": "file"}:
            raise unusable(field, "has no `file_data`. A file's id is only known where it was uploaded: send its data.")
    raise unusable(field, f"is of type {part.get('type')!r}: Anthropic's models take text, images, PDF and text files.")


def _image(url: str, field: str) -> Block:
    if url.lower().startswith("https://"):
        return {"type": "image", "source": {"type": "url", "url": url}}
    if (found := _DATA_URL.fullmatch(url)) is None:
        raise unusable(field, "must be an https address or a base64 data URL.")
    return _base64_image(_media_type(found[1]), found[2], field)


def _base64_image(media_type: str, data: str, field: str) -> Block:
    if media_type not in _IMAGES or not data:
        raise unusable(field, f"is {media_type}: Anthropic's models take JPEG, PNG, GIF and WebP images.")
    return {"type": "image", "source": {"type": "base64", "media_type": media_type, "data": data}}


def _document(data: str, name: Any, field: str) -> Block:
    found = _DATA_URL.fullmatch(data)
    media_type, encoded = (_media_type(found[1]), found[2]) if found else ("application/pdf", data)
    if media_type.startswith("image/"):
        return _base64_image(media_type, encoded, field)
    if media_type == "application/pdf" and encoded:
        source = {"type": "base64", "media_type": media_type, "data": encoded}
    elif media_type.startswith("text/") or media_type == "application/json":
        source = {"type": "text", "media_type": "text/plain", "data": _decoded(encoded, field)}
    else:
        raise unusable(field, f"is {media_type}: Anthropic's models take PDF and text files.")
    title = {"title": name[:_MAX_TITLE]} if isinstance(name, str) and name else {}
    return {"type": "document", "source": source, **title}


def _decoded(encoded: str, field: str) -> str:
    try:
        said = base64.b64decode(encoded, validate=True).decode()
    except ValueError:
        raise unusable(field, "is not text in UTF-8, encoded as base64.") from None
    if not said.strip():
        raise unusable(field, "is an empty file.")
    return said


def _media_type(said: str) -> str:
    media_type = said.strip().lower()
    return "image/jpeg" if media_type == "image/jpg" else media_type
