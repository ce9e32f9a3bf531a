"""A provider's stream that nobody begins to read gives its connection back all the same."""

import asyncio

import pytest

from libs.common.clock import SystemClock
from libs.common.sealing import Sealer
from services.gateway.clients import provider_http
from services.gateway.clients.egress import Egress
from services.gateway.clients.provider_http import HttpProviders, Timeouts
from services.gateway.clients.unpacking import Unpacker
from services.gateway.providers.registry import Registry
from tests.integration.gateway.peer import LOOPS, Peer, peer, run


@pytest.mark.parametrize("loop", LOOPS)
def test_a_stream_that_is_closed_unread_ends_its_connection(loop: str) -> None:
    async def serve(found: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await found.heard(reader)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nsome")
        await reader.read(1)

    async def test() -> None:
        async with peer(serve) as found, Egress(["127.0.0.1"]) as out:
            providers = HttpProviders(
                out,
                Sealer({0: bytes(32)}),
                SystemClock(),
                registry=Registry(()),
                allowed_hosts=["127.0.0.1"],
                timeouts=Timeouts(first_byte=5, idle=5, plain=5),
            )
            answer = await out.request("POST", found.url, {}, b"{}")
            pieces = await provider_http._begun(providers._pieces(answer, Unpacker("")))
            await pieces.aclose()
            await found.ended.wait()
            await asyncio.sleep(0)
            assert not out._used

    run(loop, test)
