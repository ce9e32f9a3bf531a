"""The size of a picture is read from its header alone, and what it costs from its size."""

import base64
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.images import HEADER_BYTES, Size, low_detail_saves, size_of


def url(data: bytes, kind: str = "png") -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def png(width: int, height: int) -> bytes:
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))


def jpeg(width: int, height: int, before: bytes = b"") -> bytes:
    app = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    frame = b"\xff\xc2" + struct.pack(">HBHHB", 17, 8, height, width, 3) + bytes(9)
    return b"\xff\xd8" + app + before + b"\xff\xc4\x00\x04\x00\x00" + frame + b"\xff\xd9"


PICTURES = {
    "png": png(640, 480),
    "jpeg": jpeg(640, 480),
    "jpeg with a long comment": jpeg(640, 480, b"\xff\xfe" + struct.pack(">H", 30_002) + bytes(30_000)),
    "gif": b"GIF89a" + struct.pack("<HH", 640, 480) + bytes(20),
    "webp, lossy": b"RIFF\x00\x00\x00\x00WEBPVP8 " + bytes(10) + struct.pack("<HH", 640, 480),
    "webp, lossless": b"RIFF\x00\x00\x00\x00WEBPVP8L" + bytes(4) + b"\x2f" + (639 | 479 << 14).to_bytes(4, "little"),
    "webp, extended": b"RIFF\x00\x00\x00\x00WEBPVP8X"
    + bytes(8)
    + (639).to_bytes(3, "little")
    + (479).to_bytes(3, "little"),
}


@pytest.mark.parametrize("name", PICTURES)
def test_the_size_stands_in_the_header(name: str) -> None:
    assert size_of(url(PICTURES[name])) == Size(640, 480)


@pytest.mark.parametrize(
    "address",
    [
        "https://example.com/picture.png",
        "data:image/png;base64,",
        "data:image/png;base64,!!!!",
        "data:image/png;base64,é中é中" * 9,
        "data:image/svg+xml;base64," + base64.b64encode(b"<svg width='10' height='10'/>").decode(),
        "data:image/png," + "abc",
        url(png(0, 480)),
        url(png(1 << 20, 480)),
        url(jpeg(640, 480)[:20]),
        url(jpeg(640, 480, b"\xff\xfe" + struct.pack(">H", 60_002) + bytes(60_000))),
        url(b"\xff\xd8" + b"\xff" * 5000),
        url(b"\xff\xd8\xff\xe0\x00\x00" * 1000),
    ],
)
def test_what_does_not_say_its_size(address: str) -> None:
    assert size_of(address) is None


def test_a_large_picture_is_not_read_beyond_its_header() -> None:
    assert size_of(url(PICTURES["png"] + bytes(4 * HEADER_BYTES))) == Size(640, 480)


@given(st.binary(max_size=400))
def test_whatever_the_bytes_are(data: bytes) -> None:
    for begins in (b"", b"\xff\xd8", b"RIFF\x00\x00\x00\x00WEBP", b"GIF89a", b"\x89PNG\r\n\x1a\n"):
        found = size_of(url(begins + data))
        assert found is None or (0 < found.width < 1 << 16 and 0 < found.height < 1 << 16)


@pytest.mark.parametrize(
    ("model", "size", "saved"),
    [
        ("gpt-4o", Size(1024, 1024), 680),  # OpenAI's own example: 765 in high detail, 85 in low
        ("gpt-4o", Size(2048, 4096), 1020),  # and this one: 1,105
        ("gpt-4o", Size(4096, 8192), 1020),
        ("gpt-4o", Size(512, 512), 170),
        ("gpt-4o-mini", Size(1024, 1024), 4 * 5667),
        ("gpt-4.1-mini", Size(1024, 1024), None),
        ("claude-opus-5-5", Size(1024, 1024), None),
    ],
)
def test_what_low_detail_takes_away(model: str, size: Size, saved: int | None) -> None:
    assert low_detail_saves(model, size) == saved
