"""Bodies that clients compress, unpacked within a limit."""

import asyncio
import sys
import zlib
from collections.abc import Iterator, Mapping

from libs.common.errors import BadRequest, PayloadTooLarge, UnsupportedMediaType

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_PIECE = 256 << 10
_GZIP = 16 + zlib.MAX_WBITS
_PLAIN = ("", "identity")
_OPENED = ("gzip", "x-gzip", "deflate", "zstd")
# RFC 9659: who takes zstd as a content encoding has to take windows up to 8 MiB, and no larger ones.
_ZSTD: Mapping[int, int] = {zstd.DecompressionParameter.window_log_max: 23}
_MOST_PARTS = 64  # members of gzip, frames of zstd: what follows one is copied for the next


def check_encoding(encoding: str) -> None:
    """`UnsupportedMediaType` for an encoding that is not opened here."""
    if encoding not in (*_PLAIN, *_OPENED):
        raise UnsupportedMediaType(
            "Send the body with Content-Encoding gzip, deflate or zstd, or without one.", code="unsupported_encoding"
        )


async def unpacked(body: bytes, encoding: str, limit: int) -> bytes:
    """The body as it was before it was compressed. `PayloadTooLarge` for more than `limit` bytes, `BadRequest` for one that is
    broken.
    """
    if encoding in _PLAIN:
        return body
    parts: list[bytes] = []
    size = 0
    try:
        for piece in _from_zstd(body) if encoding == "zstd" else _from_zlib(body, encoding):
            size += len(piece)
            if size > limit:
                raise PayloadTooLarge("The body is larger than this gateway takes, unpacked.")
            parts.append(piece)
            await asyncio.sleep(0)  # others are served in between
    except (zlib.error, zstd.ZstdError):
        raise BadRequest("The body is not what its Content-Encoding says.", code="invalid_encoding") from None
    return b"".join(parts)


def _from_zlib(body: bytes, encoding: str) -> Iterator[bytes]:
    # Deflate is zlib's format by the standard, and bare deflate by many a client.
    bare = encoding == "deflate" and not (
        body[:1] and body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0
    )
    bits = -zlib.MAX_WBITS if bare else zlib.MAX_WBITS if encoding == "deflate" else _GZIP
    for _ in range(_MOST_PARTS):
        opened, rest = zlib.decompressobj(bits), body
        while rest and not opened.eof:
            yield opened.decompress(rest, _PIECE)
            rest = opened.unconsumed_tail
        if not opened.eof:
            raise _incomplete()
        body = opened.unused_data
        if bits != _GZIP or not body.strip(b"\0"):
            return
    raise _too_many_parts()


def _from_zstd(body: bytes) -> Iterator[bytes]:
    for _ in range(_MOST_PARTS):
        opened = zstd.ZstdDecompressor(options=_ZSTD)
        yield opened.decompress(body, _PIECE)
        while not opened.eof and not opened.needs_input:
            yield opened.decompress(b"", _PIECE)
        if not opened.eof:
            raise _incomplete()
        body = opened.unused_data
        if not body:
            return
    raise _too_many_parts()


def _incomplete() -> BadRequest:
    return BadRequest("The compressed body is not complete.", code="invalid_encoding")


def _too_many_parts() -> BadRequest:
    return BadRequest("The body is compressed in too many parts; compress it as one.", code="invalid_encoding")
