"""How bodies and keys come: compressed, large, in one of several headers."""

import gzip
import json
import sys
import zlib
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common import keys
from libs.common.errors import BadRequest, PayloadTooLarge
from services.gateway.http.encodings import unpacked
from tests.fixtures.gateway import Stack, gateway_stack
from tests.fixtures.three_providers import MODELS, three  # noqa: F401

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

CLAUDE = MODELS["anthropic"]
PATHS: dict[str, dict[str, Any]] = {
    "/v1/messages": {"model": CLAUDE, "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]},
    "/v1/chat/completions": {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]},
    f"/v1beta/models/{MODELS['google']}:generateContent": {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]},
}


def bare(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def in_halves(data: bytes) -> bytes:
    half = len(data) // 2
    return zstd.compress(data[:half]) + zstd.compress(data[half:])


PACKED: dict[str, Any] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "Deflate": bare,
    "identity": bytes,
    "zstd": zstd.compress,
    "Zstd": in_halves,
}
WIDE = {zstd.CompressionParameter.window_log: 26, zstd.CompressionParameter.enable_long_distance_matching: 1}


async def post(stack: Stack, path: str, body: bytes, **headers: str) -> httpx.Response:
    own = {"x-api-key": stack.api_key, "content-type": "application/json"}
    async with httpx.AsyncClient(timeout=30) as client:
        return await client.post(f"{stack.url}{path}", content=body, headers={**own, **headers})


@pytest.mark.parametrize("encoding", PACKED)
@pytest.mark.parametrize("path", PATHS)
async def test_a_compressed_body_is_unpacked(three: Stack, path: str, encoding: str) -> None:  # noqa: F811
    body = json.dumps(PATHS[path]).encode()
    found = await post(three, path, PACKED[encoding](body), **{"content-encoding": encoding})
    assert found.status_code == 200, found.text
    assert "content-encoding" not in three.provider.ledger[-1]["headers"]


@pytest.mark.parametrize(
    ("body", "encoding", "status", "code"),
    [
        (b"{}", "br", 415, "unsupported_encoding"),
        (b"{}", "zstd", 400, "invalid_encoding"),
        (b"", "zstd", 400, "invalid_encoding"),
        (zstd.compress(b"{}" * 99)[:-3], "zstd", 400, "invalid_encoding"),
        (zstd.compress(b"") * 1000, "zstd", 400, "invalid_encoding"),
        (gzip.compress(b"", mtime=0) * 1000, "gzip", 400, "invalid_encoding"),
        (zstd.compress(b" " * (11 << 20)), "zstd", 413, "payload_too_large"),
        (b"{}", "gzip", 400, "invalid_encoding"),
        (gzip.compress(b"{}" * 99, mtime=0)[:-9], "gzip", 400, "invalid_encoding"),
        (gzip.compress(b" " * (11 << 20), mtime=0), "gzip", 413, "payload_too_large"),
    ],
    ids=lambda value: str(len(value)) if isinstance(value, bytes) else None,
)
async def test_what_cannot_be_unpacked(three: Stack, body: bytes, encoding: str, status: int, code: str) -> None:  # noqa: F811
    found = await post(three, "/v1/chat/completions", body, **{"content-encoding": encoding})
    assert (found.status_code, found.json()["error"]["code"]) == (status, code)


@given(st.binary(max_size=2000), st.lists(st.integers(0, 2000), max_size=5), st.sampled_from(["gzip", "zstd"]))
async def test_parts_that_follow_one_another_are_one_body(data: bytes, cuts: list[int], encoding: str) -> None:
    pack = PACKED[encoding]
    bounds = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    packed = b"".join(pack(data[one:other]) for one, other in zip(bounds, bounds[1:], strict=False))
    assert await unpacked(packed, encoding, 2000) == data
    if data:
        with pytest.raises(PayloadTooLarge):
            await unpacked(packed, encoding, len(data) - 1)
        with pytest.raises(BadRequest):
            await unpacked(packed[:-1], encoding, 2000)


async def test_a_zstd_window_that_would_take_much_memory_is_refused() -> None:
    # Without the size in its head a frame may name any window.
    packer = zstd.ZstdCompressor(options=WIDE)
    packed = packer.compress(b"a" * 1000) + packer.flush()
    with pytest.raises(BadRequest):
        await unpacked(packed, "zstd", 1 << 20)


async def test_conversations_may_be_larger_than_other_bodies(three: Stack) -> None:  # noqa: F811
    long = "low tide " * (12 << 17)
    three.provider.strict = False
    body = PATHS["/v1/messages"] | {"messages": [{"role": "user", "content": long}]}
    found = await post(
        three, "/v1/messages", gzip.compress(json.dumps(body).encode(), 1), **{"content-encoding": "gzip"}
    )
    assert found.status_code == 200
    chat = PATHS["/v1/chat/completions"] | {"messages": [{"role": "user", "content": long}]}
    refused = await post(three, "/v1/chat/completions", json.dumps(chat).encode())
    assert refused.status_code == 413


async def test_a_body_over_the_limit_has_the_format_s_error(tmp_path: Any) -> None:
    async with gateway_stack(tmp_path, max_conversation_bytes=1000) as stack:
        body = json.dumps(PATHS["/v1/messages"] | {"system": "a" * 2000}).encode()
        for packed, encoding in ((body, "identity"), (gzip.compress(body), "gzip")):
            found = await post(stack, "/v1/messages", packed, **{"content-encoding": encoding})
            assert (found.status_code, found.json()["error"]["type"]) == (413, "request_too_large")
        google = await post(stack, "/v1beta/models/gemini-x:generateContent", body)
        assert (google.status_code, google.json()["error"]["status"]) == (413, "INVALID_ARGUMENT")


async def test_two_keys_of_promptlys_are_none(three: Stack) -> None:  # noqa: F811
    path, body = "/v1/messages", json.dumps(PATHS["/v1/messages"]).encode()
    found = await post(three, path, body, authorization=f"Bearer {keys.new_key()}")
    assert (found.status_code, found.json()["error"]["type"]) == (401, "authentication_error")
    same = await post(three, path, body, authorization=f"Bearer {three.api_key}", **{"x-goog-api-key": "AIza-foreign"})
    assert same.status_code == 200
    none = await post(three, path, body, **{"x-api-key": "sk-one", "authorization": "Bearer sk-two"})
    assert none.status_code == 401
