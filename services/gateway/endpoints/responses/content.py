"""Parts of content in the Responses API as neutral blocks."""

import re
from collections.abc import Sequence

from msgspec import Raw

from services.gateway.formats.blocks import Block, Lifetime, Media, Text, Unknown
from services.gateway.formats.json_fields import Object, as_list, as_object, as_string, bare, given, object_of, string

_DATA_URL = re.compile(r"data:([^;,]+)[^,]*;base64,", re.IGNORECASE)
_TEXTS = ("input_text", "output_text", "text", "summary_text", "reasoning_text")


def content(raw: Raw, field: str) -> tuple[Block, ...]:
    """The blocks of a content, which may be a plain string."""
    if bare(raw):
        said = as_string(raw, field)
        return (Text(text=said, field=field),) if said else ()
    return parts(as_list(raw, field), field)


def parts(items: Sequence[Raw], field: str) -> tuple[Block, ...]:
    """The blocks of a list."""
    return tuple(_part(item, f"{field}[{at}]") for at, item in enumerate(items))


def lifetime(found: Object) -> Lifetime | None:
    """How long the prefix up to a marked part is to be kept; None: it is not marked."""
    if not given(found, "prompt_cache_breakpoint"):
        return None
    return "1h" if string(object_of(found, "prompt_cache_breakpoint"), "ttl") == "12h" else "5m"


def _part(raw: Raw, field: str) -> Block:
    found = as_object(raw, field)
    kind = string(found, "type", field) or ""
    cache = lifetime(found)
    if kind in _TEXTS:
        return Text(text=string(found, "text", field) or "", raw=raw, cache=cache, field=f"{field}.text")
    if kind == "refusal":
        return Text(text=string(found, "refusal", field) or "", refusal=True, raw=raw)
    if kind == "input_image":
        url, file_id = string(found, "image_url", field) or "", string(found, "file_id", field) or ""
        media_type, data = split_data_url(url)
        url = "" if data else url
        return Media(
            form="image", media_type=media_type, data=data, url=url, file_id=file_id, field=field, raw=raw, cache=cache
        )
    if kind == "input_file":
        return _file(found, raw, field)
    if kind == "input_audio":
        audio = object_of(found, "input_audio", field)
        data = string(audio, "data", f"{field}.input_audio") or ""
        media_type = f"audio/{string(audio, 'format', field) or 'wav'}"
        return Media(form="audio", media_type=media_type, data=data, field=field, raw=raw)
    return Unknown(type=kind or "unknown", field=field, raw=raw)


def _file(found: Object, raw: Raw, field: str) -> Media:
    given_data = string(found, "file_data", field) or ""
    media_type, data = split_data_url(given_data)
    return Media(
        form="image" if media_type.startswith("image/") else "document",
        media_type=media_type or "application/pdf",
        data=data or given_data,
        url=string(found, "file_url", field) or "",
        file_id=string(found, "file_id", field) or "",
        name=string(found, "filename", field) or "",
        field=field,
        raw=raw,
        cache=lifetime(found),
    )


def split_data_url(url: str) -> tuple[str, str]:
    """The type and the base64 of a data URL; both empty for any other URL."""
    found = _DATA_URL.match(url)
    return (found[1].strip().lower(), url[found.end() :]) if found is not None else ("", "")
