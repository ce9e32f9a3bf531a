"""What a picture costs a model of OpenAI's, by its size alone: nothing is decoded but the few bytes of a header that hold it.

Models are billed in tiles of 512 by 512 pixels, after the picture was made to fit 2,048 by 2,048 and its shorter side 768; in low detail
each takes a base and no tile (OpenAI, "Images and vision", 2026-11). Models that are billed in patches are not in the table.
"""

import base64
import math
import re
import struct
from typing import Final, NamedTuple

# Bytes of a data URL that are looked at: a photo may have a preview of itself before its size.
HEADER_BYTES: Final = 64 << 10
_FIT, _SHORTER, _TILE = 2_048, 768, 512
_LARGEST: Final = 1 << 16
_DATA_URL = re.compile(r"data:image/[a-z.+-]{1,20};base64,", re.IGNORECASE)
# Tokens for each tile, of the models of which OpenAI says so.
_PER_TILE: Final = {
    "gpt-4o": 170,
    "gpt-4o-2024-08-06": 170,
    "gpt-4o-2024-11-20": 170,
    "gpt-4o-mini": 5_667,
    "gpt-4o-mini-2024-07-18": 5_667,
    "gpt-4.1": 170,
    "gpt-5": 140,
    "o3": 150,
}


class Size(NamedTuple):
    """Pixels."""

    width: int
    height: int


def size_of(url: str) -> Size | None:
    """The size of the PNG, JPEG, GIF or WebP picture in a data URL; None where it is somewhere else, or its header does not say."""
    begins = _DATA_URL.match(url)
    if begins is None:
        return None
    encoded = url[begins.end() : begins.end() + HEADER_BYTES]
    try:
        data = base64.b64decode(encoded[: len(encoded) // 4 * 4], validate=True)
        found = _png(data) or _gif(data) or _webp(data) or _jpeg(data)
    except (ValueError, struct.error, IndexError):
        return None
    return found if found is not None and 0 < min(found) <= max(found) < _LARGEST else None


def low_detail_saves(model: str, size: Size) -> int | None:
    """Tokens that a picture takes less in low detail than in high, for a model that is billed in tiles; None for any other."""
    per_tile = _PER_TILE.get(model)
    if per_tile is None:
        return None
    fit = min(1.0, _FIT / max(size))
    width, height = size.width * fit, size.height * fit
    shorter = min(1.0, _SHORTER / min(width, height))
    tiles = math.ceil(round(width * shorter, 6) / _TILE) * math.ceil(round(height * shorter, 6) / _TILE)
    return tiles * per_tile


def _png(data: bytes) -> Size | None:
    return Size(*struct.unpack(">II", data[16:24])) if data[:8] == b"\x89PNG\r\n\x1a\n" else None


def _gif(data: bytes) -> Size | None:
    return Size(*struct.unpack("<HH", data[6:10])) if data[:6] in (b"GIF87a", b"GIF89a") else None


def _webp(data: bytes) -> Size | None:
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        return None
    if data[12:16] == b"VP8X":
        return Size(1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little"))
    if data[12:16] == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return Size(1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    width, height = struct.unpack("<HH", data[26:30])
    return Size(width & 0x3FFF, height & 0x3FFF)


def _jpeg(data: bytes) -> Size | None:
    """The first frame's size; the segments before it are passed over, each by its length."""
    at = 2
    while data[:2] == b"\xff\xd8" and data[at] == 0xFF:
        kind, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return Size(width, height)
        if kind == 0xFF:
            at += 1
        elif length < 2:
            return None
        else:
            at += 2 + length
    return None
