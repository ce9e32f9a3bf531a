"""What a provider sends beside a body has bounds, as the body's readers have."""

import asyncio
import contextlib

import pytest

from services.gateway.domain.attempts import Failure
from tests.integration.gateway.peer import LOOPS, Peer, always, peer, run
from tests.integration.gateway.test_egress import OK, ask, egress

CHUNKED = OK + b"transfer-encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize(
    "begins",
    [CHUNKED + b"2\r\nhe\r\n0\r\nX-More: ", CHUNKED + b"2;more=", CHUNKED + b"2\r\nhe\r\n2;more=", OK + b"x-more: "],
    ids=["trailer", "extension", "later extension", "header"],
)
def test_what_grows_beside_a_body_has_a_bound(loop: str, begins: bytes) -> None:
    async def serve(found: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await found.heard(reader)
        writer.write(begins)
        with contextlib.suppress(ConnectionError):
            for _ in range(64 << 10):
                writer.write(b"x" * 1024)
                await writer.drain()

    async def test() -> None:
        async with peer(serve) as found, egress() as out:
            with pytest.raises(Failure, match="too large") as failed:
                await ask(out, found.url)
            assert failed.value.kind == "malformed"

    run(loop, test)


@pytest.mark.parametrize("loop", LOOPS)
def test_a_large_body_in_small_chunks_has_none(loop: str) -> None:
    data = CHUNKED + b"a;x=y\r\n0123456789\r\n" * 20_000 + b"0\r\n\r\n"

    async def test() -> None:
        async with peer(always(data, close=False)) as found, egress() as out:
            assert await ask(out, found.url) == (200, b"0123456789" * 20_000)

    run(loop, test)
