"""The bus over NATS. What nats-py does not do by itself is done here: see `docs/decisions/0008-bus.md`."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import msgspec
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from nats.errors import MaxPayloadError, NoRespondersError
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js import JetStreamContext
from nats.js.errors import APIError

from libs.common import context
from libs.common.bus import headers, kv
from libs.common.bus.access import ACCESS, inbox
from libs.common.bus.consumer import Consumer
from libs.common.bus.dispatch import answer
from libs.common.bus.ports import BatchHandler, Handler, Listener
from libs.common.bus.publisher import AS_OURS, Publisher
from libs.common.bus.pulse import Pulse
from libs.common.bus.topology import OWNERS, Topology
from libs.common.contracts.base import DECODE_ERRORS, Bucket, Event, Payload, Rep, Req, Rpc, SharedCounter, decoder
from libs.common.errors import DeadlineExceeded, NoResponders, NotConnected, PayloadTooLarge, PromptlyError
from libs.common.telemetry import metrics, tracing

log = structlog.get_logger()
_STORE_SECONDS = 2.0
_HEADERS_ROOM = 4096  # bytes; the server counts a message's headers as part of it
Registration = Callable[[], Awaitable[None]]


class BusRefused(Exception):
    """The client does not take the address that it was given."""


_REASON = 300


class NatsBus:
    """Connects in the background and for ever: a service starts, and stays up, without a server to talk to. `url` may hold several
    addresses, with commas between them: whichever answers is taken. `replicas` as in `Topology`.
    """

    def __init__(self, url: str, name: str, *, topology: Topology | None = None, replicas: int | None = None) -> None:
        self._urls = [one for one in map(str.strip, url.split(",")) if one]
        self._name = name
        self._topology = topology or Topology(replicas=replicas)
        # The others may not, and wait for the owners': see `access.py`. A name of no service is a program of its own.
        self._makes_streams = name in OWNERS or name not in ACCESS
        self._client = Client()
        self._jetstream: JetStreamContext | None = None
        self._registrations: list[Registration] = []
        self._readers: list[Registration] = []
        self._subscriptions: list[Subscription] = []
        self._consumers: list[Consumer[Any]] = []
        self._tasks: set[asyncio.Future[Any]] = set()
        self._connecting: asyncio.Task[None] | None = None
        self._setting_up: asyncio.Task[None] | None = None
        self._subscribing, self._reading = asyncio.Lock(), asyncio.Lock()
        self._subscribed = asyncio.Event()
        self._streams = asyncio.Event()
        self._closed = False
        self._refused = False
        self._pulse = Pulse(self._client)
        self._publisher = Publisher(self._client, inbox(name))

    @property
    def connected(self) -> bool:
        return self._client.is_connected and self._subscribed.is_set() and not self._pulse.silent

    def time(self) -> float | None:
        return self._pulse.time()

    async def start(self, wait_seconds: float = 2.0) -> None:
        """Begin to connect, and give a server that is there the time to answer. `BusRefused` where the client does not take
        the address: a service that went on would be up and mute.
        """
        if not self._urls:  # the client would look for a server for two minutes
            self._refused = True
            raise BusRefused("The address of NATS cannot be used (it is empty).")
        self._connecting = asyncio.create_task(self._connect())
        ready = asyncio.create_task(self._streams.wait())
        await asyncio.wait((self._connecting, ready), timeout=wait_seconds, return_when=asyncio.FIRST_COMPLETED)
        if self._connecting.done() and not ready.done():
            if (error := self._connecting.exception()) is not None:
                ready.cancel()
                self._refused = True
                raise BusRefused(f"The address of NATS cannot be used ({type(error).__name__}).") from None
            await asyncio.wait((ready,), timeout=wait_seconds)
        ready.cancel()

    async def _connect(self) -> None:
        await self._client.connect(
            self._urls,
            name=self._name,
            inbox_prefix=inbox(self._name),
            max_reconnect_attempts=-1,
            reconnect_time_wait=0.25,  # type: ignore[arg-type]  # annotated int, used as seconds in asyncio.sleep
            ping_interval=5,
            max_outstanding_pings=2,
            connect_timeout=2,
            error_cb=_on_error,
            disconnected_cb=self._on_disconnect,
            reconnected_cb=self._on_connect,
        )
        await self._on_connect()

    async def _on_connect(self) -> None:
        # In a task of its own: nats-py cancels the one that runs this callback when the connection breaks again.
        if self._setting_up is not None:
            self._setting_up.cancel()
        self._setting_up = asyncio.create_task(self._set_up())

    async def _set_up(self) -> None:
        """Calls need subscriptions only; durable events need JetStream too, which may take longer, or be out of disk."""
        await self._until_done(self._subscribe)
        self._subscribed.set()
        log.info("bus_connected")
        await self._until_done(self._prepare_streams)
        self._streams.set()

    async def _until_done(self, step: Registration) -> None:
        while not self._closed:
            try:
                await step()
                return
            except (NatsError, APIError, TimeoutError, OSError) as error:
                log.warning("bus_set_up_again", error_type=type(error).__name__, reason=str(error)[:_REASON])
                await asyncio.sleep(0.2)

    async def _subscribe(self) -> None:
        # A registration leaves the list once it has worked. The client repeats it by itself after a reconnect.
        # A service that registers while the connection is set up comes here beside the set-up: without the lock both
        # would do the first one, and take two from the list.
        async with self._subscribing:
            while self._registrations:
                await self._registrations[0]()
                self._registrations.pop(0)

    async def _prepare_streams(self) -> None:
        # On every connection: a server that lost its disk has lost the streams too.
        self._jetstream = self._client.jetstream(timeout=2)
        if self._makes_streams:
            await self._topology.ensure(self._jetstream)
        await self._pulse.read_clock(self._topology.stream)
        await self._publisher.start()
        async with self._reading:
            while self._readers:
                await self._readers[0]()
                self._readers.pop(0)

    async def _on_disconnect(self) -> None:
        self._pulse.reset()
        self._subscribed.clear()
        self._streams.clear()
        if not self._closed:
            log.warning("bus_disconnected")

    async def _register(self, registration: Registration) -> None:
        """Subscribe now, or as soon as there is a server."""
        self._registrations.append(registration)
        if self.connected:
            await self._until_done(self._subscribe)

    async def serve(self, rpc: Rpc[Req, Rep], handler: Handler[Req, Rep], *, concurrency: int = 64) -> None:
        gate = asyncio.Semaphore(concurrency)

        async def work(message: Msg, came: float) -> None:
            try:
                waited = (time.monotonic() - came) * 1000
                reply_headers, data = await answer(rpc, handler, message.data, message.headers or {}, waited)
                if message.reply and self._client.is_connected:
                    self._check_size(data)
                    # Msg.respond would send the request's headers back, so the reply is published by hand.
                    await self._client.publish(message.reply, data, headers=reply_headers or None)
            except MaxPayloadError:
                log.warning("reply_too_large", subject=rpc.subject)
            finally:
                gate.release()

        async def on_message(message: Msg) -> None:
            # nats-py awaits one callback after another; a task each keeps one slow request from holding up the rest.
            came = time.monotonic()
            await gate.acquire()
            self._spawn(work(message, came))

        async def register() -> None:
            self._subscriptions.append(await self._client.subscribe(rpc.subject, queue=rpc.service, cb=on_message))
            await self._client.flush()  # once this returns, the server knows that somebody answers

        await self._register(register)

    async def call(self, rpc: Rpc[Req, Rep], request: Req, *, budget_ms: float | None = None) -> Rep:
        if not self.connected:
            # nats-py would keep the request and send it after a reconnect, when nobody waits for the answer any more.
            raise NotConnected(f"The bus is not connected, so {rpc.service} cannot be asked.")
        budget = rpc.budget_ms if budget_ms is None else budget_ms
        if (left := context.remaining_ms()) is not None:
            budget = min(budget, left)
        with tracing.span(rpc.subject, tracing.CLIENT), metrics.rpc_called(rpc.subject) as outcome:
            try:
                message = await self._request(rpc, msgspec.json.encode(request), budget)
            except PromptlyError as error:
                outcome.code = error.code
                raise
            if message.headers and (failure := headers.decode_error(message.headers, message.data)) is not None:
                outcome.code = failure.code
                raise failure
            reply: Rep = decoder(rpc.reply).decode(message.data)
            return reply

    async def _request(self, rpc: Rpc[Any, Any], data: bytes, budget: float) -> Msg:
        try:
            if budget <= 0:
                raise DeadlineExceeded(f"No time was left to ask {rpc.service}.")
            self._check_size(data)
            return await self._client.request(
                rpc.subject, data, timeout=budget / 1000, headers=headers.outgoing(budget)
            )
        except NoRespondersError:
            raise NoResponders(f"No {rpc.service} service answers.") from None
        except (NatsTimeoutError, TimeoutError):
            raise DeadlineExceeded(f"{rpc.service} did not answer within {budget:.0f} ms.") from None
        except MaxPayloadError:
            raise PayloadTooLarge(f"The message is too large for {rpc.service}.") from None
        except (NatsError, OSError):
            raise NotConnected(f"The bus is not connected, so {rpc.service} cannot be asked.") from None

    async def emit(self, event: Event[Payload], payload: Payload, *, event_id: str = "") -> None:
        if not event.durable:
            if not self.connected:
                raise NotConnected("The bus is not connected.")
            with AS_OURS:
                await self._client.publish(
                    event.subject, msgspec.json.encode(payload), headers=headers.outgoing() or None
                )
            return
        sent, data = {**headers.outgoing(), "Nats-Msg-Id": event_id}, msgspec.json.encode(payload)
        with AS_OURS:
            async with self._pulse.keep_watch(_seconds_left()):
                self._connected_jetstream()
                self._check_size(data)
                await self._publisher.publish(event.subject, data, sent)

    def _check_size(self, data: bytes) -> None:
        """The server hangs up on what is too large, headers included, and nats-py looks at the payload alone."""
        if len(data) > self._client.max_payload - _HEADERS_ROOM:
            raise MaxPayloadError

    @property
    def _js(self) -> JetStreamContext:
        return self._connected_jetstream()

    def _connected_jetstream(self) -> JetStreamContext:
        """What is stored with; `NotConnected` where nothing can be."""
        if not self.connected or not self._streams.is_set() or self._jetstream is None:
            raise NotConnected("The bus is not connected.")
        return self._jetstream

    async def put(self, bucket: Bucket, key: str, value: bytes, *, max_age: float | None = None) -> None:
        with AS_OURS:
            async with self._pulse.keep_watch():
                self._check_size(value)
                await kv.put(self._js, bucket, key, value, _seconds_left(), max_age)

    async def get(self, bucket: Bucket, key: str) -> bytes | None:
        with AS_OURS:
            async with self._pulse.keep_watch():
                async with asyncio.timeout(_seconds_left()):
                    return await kv.get(self._js, bucket, key)

    async def revised(self, bucket: Bucket, key: str) -> tuple[bytes | None, int]:
        with AS_OURS:
            async with self._pulse.keep_watch(), asyncio.timeout(_seconds_left()):
                return await kv.revised(self._js, bucket, key)

    async def replace(
        self, bucket: Bucket, key: str, value: bytes, revision: int, *, max_age: float | None = None
    ) -> int | None:
        with AS_OURS:
            async with self._pulse.keep_watch():
                self._check_size(value)
                return await kv.replace(self._js, bucket, key, value, revision, _seconds_left(), max_age)

    async def keys(self, bucket: Bucket, pattern: str) -> list[str]:
        with AS_OURS:
            async with self._pulse.keep_watch(), asyncio.timeout(_seconds_left()):
                return await kv.keys(self._js, bucket, pattern)

    async def delete(self, bucket: Bucket, key: str) -> None:
        with AS_OURS:
            async with self._pulse.keep_watch(), asyncio.timeout(_seconds_left()):
                await kv.delete(self._js, bucket, key)

    async def add(self, tally: SharedCounter, key: str, amount: int) -> int:
        with AS_OURS:
            async with self._pulse.keep_watch():
                return await kv.add(self._js, tally, key, amount, _seconds_left())

    async def total(self, tally: SharedCounter, key: str) -> int | None:
        with AS_OURS:
            async with self._pulse.keep_watch(), asyncio.timeout(_seconds_left()):
                return await kv.total(self._js, tally, key)

    async def listen(self, event: Event[Payload], listener: Listener[Payload]) -> None:
        async def on_message(message: Msg) -> None:
            try:
                payload = msgspec.json.decode(message.data, type=event.payload)
            except DECODE_ERRORS:
                log.warning("event_unreadable", subject=event.subject)
                return
            self._spawn(listener(payload))

        async def register() -> None:
            self._subscriptions.append(await self._client.subscribe(event.subject, cb=on_message))
            await self._client.flush()

        await self._register(register)

    async def consume(
        self,
        event: Event[Payload],
        consumer: str,
        handler: BatchHandler[Payload],
        *,
        batch: int = 500,
        wait_ms: int = 200,
    ) -> None:
        async def register() -> None:
            assert self._jetstream is not None
            if self._makes_streams:
                await self._topology.ensure_consumer(self._jetstream, event.subject, consumer)
            subscription = await self._jetstream.pull_subscribe_bind(consumer, self._topology.stream)
            reader = Consumer(event, consumer, self._jetstream, subscription, handler, batch, wait_ms / 1000)
            self._consumers.append(reader)
            reader.start()

        self._readers.append(register)
        if self._streams.is_set():
            await self._until_done(self._prepare_streams)

    async def pending(self, event: Event[Payload], consumer: str) -> int:
        if not self.connected or self._jetstream is None:
            raise NotConnected("The bus is not connected.")
        try:
            info = await self._jetstream.consumer_info(self._topology.stream, consumer)
        except (NatsError, APIError, TimeoutError, OSError):
            raise NotConnected("JetStream cannot be asked now.") from None
        return (info.num_pending or 0) + (info.num_ack_pending or 0)

    async def drain(self, seconds: float = 10.0) -> None:
        self._closed = True
        self._pulse.reset()
        for under_way in (self._connecting, self._setting_up):
            if under_way is not None:
                under_way.cancel()
        if self._client.is_connected:
            with suppress(NatsError, TimeoutError):
                async with asyncio.timeout(max(seconds, 0.1)):
                    for subscription in self._subscriptions:
                        await subscription.drain()  # type: ignore[no-untyped-call]
                    await asyncio.gather(*(reader.stop() for reader in self._consumers))
                    # Client.drain would not wait for the tasks that were made for the messages.
                    while self._tasks:
                        await asyncio.wait(self._tasks)
                    await self._client.flush()
        self._subscriptions.clear()
        for task in self._tasks:
            task.cancel()
        if self._connecting is not None and not self._refused:
            with suppress(NatsError, OSError):
                await self._client.close()

    def _spawn(self, work: Awaitable[Any]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _seconds_left() -> float:
    left = context.remaining_ms()
    return _STORE_SECONDS if left is None else max(left / 1000, 0.001)


async def _on_error(error: Exception) -> None:
    """nats-py needs a coroutine function here; its default one logs the exception's text."""
    log.warning("bus_error", error_type=type(error).__name__)
