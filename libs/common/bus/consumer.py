"""Reads durable events in batches and answers for each one: done, again later, or set aside."""

import asyncio
from contextlib import suppress
from typing import Any, Generic

import msgspec
import structlog
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import APIError

from libs.common.bus.dispatch import run_batch
from libs.common.bus.ports import BatchHandler
from libs.common.bus.topology import DEAD_SUBJECT, MAX_DEAD_LETTER
from libs.common.contracts.base import DECODE_ERRORS, Event, Payload, decoder
from libs.common.errors import Unavailable
from libs.common.ids import is_id
from libs.common.telemetry import metrics

log = structlog.get_logger()
_TRIES = 5
_RETRY_SECONDS = (0.5, 1, 2, 5)
_POSTPONED_SECONDS = 5


class Consumer(Generic[Payload]):
    """One copy of a durable consumer. Acknowledges after the handler returned, so a crash repeats work, never loses it."""

    def __init__(
        self,
        event: Event[Payload],
        name: str,
        jetstream: JetStreamContext,
        subscription: JetStreamContext.PullSubscription,
        handler: BatchHandler[Payload],
        batch: int,
        wait_seconds: float,
    ) -> None:
        self._event = event
        self._name = name
        self._jetstream = jetstream
        self._subscription = subscription
        self._handler = handler
        self._batch = batch
        self._wait = wait_seconds
        self._stopping = asyncio.Event()
        self._failures: dict[int, int] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to read."""
        for outcome in ("set_aside", "lost"):  # there from the start, so that the first one is seen as an increase
            metrics.EVENTS_CONSUMED.labels(self._event.subject, outcome)
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Finish the batch at hand, then read no more."""
        self._stopping.set()
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                messages = await self._subscription.fetch(self._batch, timeout=self._wait)
                await self._process(messages)
                if len(messages) < self._batch:
                    # A fetch returns with the first few: without a moment's patience each handful is a transaction.
                    await self._pause(self._wait / 2)
            except TimeoutError:
                pass  # nothing came
            except Exception as error:
                # Whatever it was, its events are not acknowledged and come again; a reader that ends does not.
                if not isinstance(error, NatsError | APIError):
                    log.error("consumer_stumbled", consumer=self._name, error_type=type(error).__name__)
                await self._pause(0.5)

    async def _process(self, messages: list[Msg]) -> None:
        attempt = 0
        while True:
            try:
                result = await run_batch(
                    self._event, self._handler, [m.data for m in messages], [m.headers or {} for m in messages]
                )
                break
            except Unavailable:
                # The database is away, not the events broken: hold them, tell the server so, and try again. After a stop
                # they are left unacknowledged, for another copy or the next start.
                log.warning("consumer_waits", consumer=self._name, attempt=attempt, count=len(messages))
                await self._pause(_RETRY_SECONDS[min(attempt, len(_RETRY_SECONDS) - 1)])
                if self._stopping.is_set():
                    return
                attempt += 1
                for message in messages:
                    with suppress(NatsError):
                        await message.in_progress()
        bad, failed, postponed = set(result.unreadable), set(result.failed), set(result.postponed)
        for position in set(range(len(messages))) - bad - failed - postponed:
            await self._finish(messages[position].ack(), "done")
        for position in result.postponed:
            await self._finish(messages[position].nak(delay=_POSTPONED_SECONDS), "postponed")
        for position in result.failed:
            await self._again(messages[position])
        for position in result.unreadable:
            await self._set_aside(messages[position], "unreadable")

    async def _again(self, message: Msg) -> None:
        """Deliver it later, unless it has failed too often. Counted here: the server counts our crashes as deliveries too."""
        sequence = message.metadata.sequence.stream
        failures = self._failures.pop(sequence, 0) + 1
        if failures >= _TRIES:
            await self._set_aside(message, "failed")
            return
        self._failures[sequence] = failures
        await self._finish(message.nak(delay=2 ** (failures - 1)), "retried")

    async def _set_aside(self, message: Msg, reason: str) -> None:
        """Copy it to the dead letters of its organization and take it out of the stream; also where it cannot be kept,
        because one that stays comes again for ever, in front of everybody else's.
        """
        event_id = (message.headers or {}).get("Nats-Msg-Id", str(message.metadata.sequence.stream))
        headers = {
            "Promptly-Subject": message.subject,
            "Promptly-Reason": reason,
            "Nats-Msg-Id": f"{self._name}:{event_id}",
        }
        outcome = "set_aside"
        try:
            subject = f"{DEAD_SUBJECT}.{self._name}.{_whose(message.data)}"
            await self._jetstream.publish(subject, message.data[:MAX_DEAD_LETTER], headers=headers)
        except (NatsError, APIError, TimeoutError, OSError) as error:
            outcome = "lost"
            log.error("dead_letter_lost", consumer=self._name, reason=reason, error_type=type(error).__name__)
        log.error("event_set_aside", subject=message.subject, consumer=self._name, reason=reason)
        await self._finish(message.term(), outcome)

    async def _finish(self, answer: Any, outcome: str) -> None:
        with suppress(NatsError):  # the server redelivers what it was not told about, and the store knows the id
            await answer
        metrics.EVENTS_CONSUMED.labels(self._event.subject, outcome).inc()

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)


class _Owned(msgspec.Struct):
    org_id: str = ""


def _whose(data: bytes) -> str:
    """The organization that an event is about, as a token of a subject; one for all of which nobody can tell."""
    try:
        org_id = decoder(_Owned).decode(data).org_id
    except DECODE_ERRORS:
        return "unknown"
    return org_id if is_id(org_id, "org") else "unknown"
