"""Durable events over a real server: acknowledged one by one, refused with a reason, and back after a new connection."""

import asyncio
from typing import Any

import pytest
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.errors import APIError, NoStreamResponseError

from libs.common.bus.publisher import AS_OURS, Publisher
from libs.common.errors import DeadlineExceeded, NotConnected
from tests.fixtures.nats import NatsServer


async def connected(server: NatsServer) -> Client:
    client = Client()
    await client.connect(server.url)
    return client


async def test_many_at_once_are_each_acknowledged(nats_server: NatsServer) -> None:
    client = await connected(nats_server)
    jetstream = client.jetstream()
    await jetstream.add_stream(name="PUBLISHED", subjects=["published.>"])
    publisher = Publisher(client, client._inbox_prefix.decode())
    for _ in range(2):  # once for each connection; the second time there is nothing to do
        await publisher.start()
    sent = [publisher.publish("published.x", b"%d" % n, {"Nats-Msg-Id": str(n % 400)}) for n in range(500)]
    await asyncio.gather(*sent)
    assert (await jetstream.stream_info("PUBLISHED")).state.messages == 400  # what came twice is kept once
    assert publisher._waiting == {}
    await jetstream.delete_stream("PUBLISHED")
    await client.close()


async def test_what_the_server_says_instead_is_raised(nats_server: NatsServer) -> None:
    client = await connected(nats_server)
    jetstream = client.jetstream()
    publisher = Publisher(client, client._inbox_prefix.decode())
    await publisher.start()
    with pytest.raises(NoStreamResponseError):
        await publisher.publish("nobody.keeps.this", b"x", {})
    await jetstream.add_stream(name="SMALL", subjects=["small"], max_msg_size=64)
    with pytest.raises(APIError) as refused:
        await publisher.publish("small", b"x" * 100, {})
    assert refused.value.code == 400
    await publisher.publish("small", b"x", {})
    await jetstream.delete_stream("SMALL")
    await client.close()


async def test_a_deadline_of_the_caller_s_ends_the_wait(nats_server: NatsServer) -> None:
    client = await connected(nats_server)
    publisher = Publisher(client, client._inbox_prefix.decode())
    await publisher.start()
    deaf = await client.subscribe("deaf")  # somebody hears it, and says nothing
    with pytest.raises(DeadlineExceeded), AS_OURS:
        async with asyncio.timeout(0.05):
            await publisher.publish("deaf", b"x", {})
    assert publisher._waiting == {}
    message = await deaf.next_msg()
    await client.publish(message.reply, b'{"stream":"LATE","seq":1}')  # too late for anybody
    await client.flush()
    await client.close()


@pytest.mark.parametrize(
    "data", [b"", b"no json", b"[]", b'"seq"', b'{"error":7}', b'{"error":{}}', b'{"error":{"code":503}}']
)
async def test_an_odd_acknowledgement_is_none(nats_server: NatsServer, data: bytes) -> None:
    client = await connected(nats_server)
    publisher = Publisher(client, client._inbox_prefix.decode())
    await publisher.start()

    async def answer(message: Any) -> None:
        await client.publish(message.reply, data)

    await client.subscribe("odd", cb=answer)
    if data == b'"seq"':  # as far as one looks
        await publisher.publish("odd", b"x", {})
    else:
        with pytest.raises((NatsError, APIError)):
            await publisher.publish("odd", b"x", {})
    await client.close()


async def test_on_a_closed_connection_nothing_is_published(nats_server: NatsServer) -> None:
    client = await connected(nats_server)
    publisher = Publisher(client, client._inbox_prefix.decode())
    await publisher.start()
    await client.close()
    with pytest.raises(NotConnected), AS_OURS:
        await publisher.publish("closed", b"x", {})
