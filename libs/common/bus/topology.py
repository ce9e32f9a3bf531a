"""What JetStream holds for Promptly. Every process ensures it on connecting, so that no order of starting loses an event.

The stream keeps an event until each durable consumer is done with it (interest retention), so the consumers have to exist
before the first event does: they are listed here, beside the stream, and not where they are read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nats.errors import Error
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import BadRequestError

from libs.common.bus.kv import bucket_stream, tally_stream
from libs.common.contracts.auth import ATTEMPTS
from libs.common.contracts.base import Bucket, Event, SharedCounter
from libs.common.contracts.events import (
    BUDGET_EXCEEDED,
    COMPLETION_FINISHED,
    DEFERRED_ENDED,
    DURABLE_EVENTS,
    FEEDBACK_GIVEN,
    LEVER_SWITCHED_OFF,
    MEMBER_REMOVED,
    ORG_DELETED,
    PRICES_NOTICED,
)
from libs.common.contracts.gateway import (
    BUDGET,
    BUDGET_DAYS,
    CAPTURE_BYTES,
    CAPTURES,
    DEFERRED,
    DEFERRED_BYTES,
    RATE,
    RESPONSE_BYTES,
    RESPONSES,
    TURNS,
)
from libs.common.contracts.gateway import OWNERS as OBJECT_OWNERS
from libs.common.contracts.router import LEARNED

DEAD_LETTERS = "PROMPTLY_DEAD"
DEAD_SUBJECT = "promptly.v1.dead"  # a consumer's name and an organization's id follow
MAX_DEAD_LETTERS = 100  # of one organization, in front of one consumer
MAX_DEAD_LETTER = 64 << 10  # bytes that are kept of one
# Who makes the streams and their consumers, and may: the services whose events and sums they hold. The others wait for them.
OWNERS = ("gateway", "auth")
_DAY = 86_400.0


def _consumers() -> Mapping[str, Sequence[str]]:
    return {
        COMPLETION_FINISHED.subject: ("analytics", "alerts"),
        FEEDBACK_GIVEN.subject: ("analytics_feedback",),
        LEVER_SWITCHED_OFF.subject: ("alerts_guard",),
        BUDGET_EXCEEDED.subject: ("alerts_budgets",),
        DEFERRED_ENDED.subject: ("alerts_deferred",),
        PRICES_NOTICED.subject: ("alerts_prices",),
        ORG_DELETED.subject: ("analytics_erase", "alerts_erase", "cache_erase", "gateway_erase"),
        MEMBER_REMOVED.subject: ("gateway_erase_members",),
    }


@dataclass(frozen=True)
class Topology:
    """Durable events and who must have each one, and what is kept by key. `max_bytes` bounds the events that wait; past it
    publishing is refused. `replicas` is how many servers keep each stream; None: as it is, and one for a new one.
    """

    stream: str = "PROMPTLY_EVENTS"
    events: Sequence[Event[Any]] = DURABLE_EVENTS
    consumers: Mapping[str, Sequence[str]] = field(default_factory=_consumers)
    buckets: Sequence[Bucket] = (TURNS, OBJECT_OWNERS, RESPONSES, DEFERRED, CAPTURES, LEARNED)
    tallies: Sequence[SharedCounter] = (
        *(RATE, BUDGET, BUDGET_DAYS, RESPONSE_BYTES, DEFERRED_BYTES, CAPTURE_BYTES),
        ATTEMPTS,
    )
    max_bytes: int = 1 << 30
    replicas: int | None = None

    async def ensure(self, jetstream: JetStreamContext) -> None:
        """Create or update the streams and the durable consumers."""
        await self.ensure_stream(
            jetstream,
            StreamConfig(
                name=self.stream,
                subjects=[event.subject for event in self.events],
                retention=RetentionPolicy.INTEREST,
                storage=StorageType.FILE,
                discard=DiscardPolicy.NEW,
                max_age=7 * _DAY,
                max_bytes=self.max_bytes,
                duplicate_window=120,
            ),
        )
        await self.ensure_stream(
            jetstream,
            StreamConfig(
                name=DEAD_LETTERS,
                subjects=[f"{DEAD_SUBJECT}.>"],
                storage=StorageType.FILE,
                # What cannot be handled must never stop what can: the oldest go, first an organization's own.
                discard=DiscardPolicy.OLD,
                max_age=30 * _DAY,
                max_bytes=self.max_bytes // 10,
                max_msgs_per_subject=MAX_DEAD_LETTERS,
            ),
        )
        for config in (*map(bucket_stream, self.buckets), *map(tally_stream, self.tallies)):
            await self.ensure_stream(jetstream, config)
        for subject, names in self.consumers.items():
            for name in names:
                await self.ensure_consumer(jetstream, subject, name)

    async def ensure_consumer(self, jetstream: JetStreamContext, subject: str, name: str) -> None:
        """Create the durable pull consumer, or leave it as it is.

        Deliveries are not limited: how often one event may fail is counted by the reader, which tells an event that
        cannot be handled from a database that is away.
        """
        await jetstream.add_consumer(
            self.stream,
            ConsumerConfig(
                durable_name=name,
                filter_subject=subject,
                ack_policy=AckPolicy.EXPLICIT,
                ack_wait=30,
                max_ack_pending=5000,
            ),
        )

    async def ensure_stream(self, jetstream: JetStreamContext, config: StreamConfig) -> None:
        """Create a stream, or bring it to this configuration."""
        config.num_replicas = self.replicas or 1
        try:
            await jetstream.add_stream(config)
        except BadRequestError as error:
            if error.err_code != 10058:  # "stream name already in use with a different configuration"
                raise Error(f"JetStream refused the stream {config.name}: {error.description}") from error
            # Copies and places that somebody gave a stream by hand are kept: they are an operator's business.
            assert config.name is not None
            kept = (await jetstream.stream_info(config.name)).config
            config.num_replicas, config.placement = self.replicas or kept.num_replicas, kept.placement
            await jetstream.update_stream(config)
