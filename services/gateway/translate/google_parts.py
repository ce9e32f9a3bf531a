"""OpenAI's content parts as Gemini's: text, and media inside the request or at a URL."""

import re
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec

from services.gateway.translate.google_fields import unusable

_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+)(?:;[^;,]*)*;base64,", re.IGNORECASE)
_IMAGE_TYPES = {"png": "png", "webp": "webp", "gif": "gif", "heic": "heic", "heif": "heif", "bmp": "bmp"}
_NOT_DATA = "must be a data URL with base64, such as `data:image/png;base64,…`."


class TextPart(msgspec.Struct, frozen=True, kw_only=True, tag="text"):
    """Text."""

    text: str


class RefusalPart(msgspec.Struct, frozen=True, kw_only=True, tag="refusal"):
    """What an earlier answer said instead of an answer."""

    refusal: str


class ImageUrl(msgspec.Struct, frozen=True, kw_only=True):
    """An https or data URL. `detail` has no equivalent."""

    url: str


class ImagePart(msgspec.Struct, frozen=True, kw_only=True, tag="image_url"):
    """An image."""

    image_url: ImageUrl


class InputAudio(msgspec.Struct, frozen=True, kw_only=True):
    """Base64, and the name of the format, such as "wav"."""

    data: str
    format: str


class AudioPart(msgspec.Struct, frozen=True, kw_only=True, tag="input_audio"):
    """Sound."""

    input_audio: InputAudio


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A data URL, or the id of a file that only OpenAI has."""

    file_data: str | None = None
    file_id: str | None = None


class FilePart(msgspec.Struct, frozen=True, kw_only=True, tag="file"):
    """A document."""

    file: File


Part = TextPart | RefusalPart | ImagePart | AudioPart | FilePart
Content = str | list[Part] | None


def texts(content: Content, where: str) -> list[str]:
    """The text of content that may hold nothing else; empty pieces are left out, because Gemini refuses them."""
    if not isinstance(content, list):
        return [content] if content else []
    found = []
    for index, part in enumerate(content):
        if not isinstance(part, TextPart | RefusalPart):
            raise unusable(f"{where}[{index}]", "must be text.")
        found.append(_text(part))
    return [text for text in found if text]


def text_parts(found: Iterable[str]) -> list[dict[str, Any]]:
    """Gemini's parts for pieces of text."""
    return [{"text": text} for text in found]


def parts(content: Content, where: str) -> list[dict[str, Any]]:
    """Content of any kind, in its order."""
    if not isinstance(content, list):
        return text_parts(texts(content, where))
    found: Sequence[dict[str, Any] | None] = [_part(part, f"{where}[{index}]") for index, part in enumerate(content)]
    return [part for part in found if part is not None]


def is_text(part: Part) -> bool:
    """Whether a part is words."""
    return isinstance(part, TextPart | RefusalPart)


def _text(part: TextPart | RefusalPart) -> str:
    return part.text if isinstance(part, TextPart) else part.refusal


def _part(part: Part, where: str) -> dict[str, Any] | None:
    match part:
        case TextPart() | RefusalPart():
            text = _text(part)
            return {"text": text} if text else None
        case ImagePart():
            return _image(part.image_url.url, f"{where}.image_url.url")
        case AudioPart():
            audio = part.input_audio
            if not audio.data or not audio.format.isalnum():
                raise unusable(f"{where}.input_audio", "must hold base64 `data` and a `format`, such as `wav`.")
            return _inline(f"audio/{audio.format.lower()}", audio.data)
        case FilePart():
            if part.file.file_data is None:
                field = f"{where}.file.{'file_id' if part.file.file_id is not None else 'file_data'}"
                raise unusable(field, "cannot be sent to this model: give the file itself in `file_data`.")
            return _data_url(part.file.file_data, f"{where}.file.file_data")


def _image(url: str, field: str) -> dict[str, Any]:
    if url[:5].lower() == "data:":
        return _data_url(url, field)
    try:
        address = urlsplit(url)
    except ValueError:
        raise unusable(field, "is not a URL.") from None
    if address.scheme != "https" or not address.hostname:
        raise unusable(field, "must be an https URL or a data URL with base64.")
    kind = _IMAGE_TYPES.get(address.path.rpartition(".")[2].lower(), "jpeg")
    return {"fileData": {"mimeType": f"image/{kind}", "fileUri": url}}


def _data_url(url: str, field: str) -> dict[str, Any]:
    found = _DATA_URL.match(url)
    if found is None or len(url) == found.end():
        raise unusable(field, _NOT_DATA)
    return _inline(found[1].lower(), url[found.end() :])


def _inline(kind: str, data: str) -> dict[str, Any]:
    kind = "image/jpeg" if kind == "image/jpg" else kind
    return {"inlineData": {"mimeType": kind, "data": data}}
