"""Bodies that clients compress, unpacked within a limit."""

import asyncio
import zlib

from libs.common.errors import BadRequest, PayloadTooLarge, UnsupportedMediaType

_PIECE = 256 << 10
_GZIP = 16 + zlib.MAX_WBITS
_PLAIN = ("", "identity")
_OPENED = ("gzip", "x-gzip", "deflate")


def check_encoding(encoding: str) -> None:
    """`UnsupportedMediaType` for an encoding that is not opened here."""
    if encoding not in (*_PLAIN, *_OPENED):
        raise UnsupportedMediaType(
            "Send the body with Content-Encoding gzip or deflate, or without one.", code="unsupported_encoding"
        )


async def unpacked(body: bytes, encoding: str, limit: int) -> bytes:
    """The body as it was before it was compressed. `PayloadTooLarge` for more than `limit` bytes, `BadRequest` for one that is
    broken.
    """
    if encoding in _PLAIN:
        return body
    parts: list[bytes] = []
    size = 0
    # Deflate is zlib's format by the standard, and bare deflate by many a client.
    bare = encoding == "deflate" and not (
        body[:1] and body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0
    )
    opened = zlib.decompressobj(-zlib.MAX_WBITS if bare else zlib.MAX_WBITS if encoding == "deflate" else _GZIP)
    rest = body
    try:
        while rest and not opened.eof:
            piece = opened.decompress(rest, _PIECE)
            rest = opened.unconsumed_tail
            size += len(piece)
            if size > limit:
                raise PayloadTooLarge("The body is larger than this gateway takes, unpacked.")
            parts.append(piece)
            await asyncio.sleep(0)  # others are served in between
    except zlib.error:
        raise BadRequest("The body is not what its Content-Encoding says.", code="invalid_encoding") from None
    if not opened.eof:
        raise BadRequest("The compressed body is not complete.", code="invalid_encoding")
    return b"".join(parts)
