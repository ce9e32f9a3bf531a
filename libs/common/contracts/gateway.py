"""What gateways share with each other: tool calls between two turns, stored responses, captured requests, rate limits, who else is
there.
"""

from typing import Literal

import msgspec

from libs.common.contracts.auth import Principal, ProviderKey
from libs.common.contracts.base import Bucket, Event, Rpc, SharedCounter
from libs.common.contracts.events import LeverShare

TURNS = Bucket("promptly_turns", 86_400.0)
# Whose files, uploads and batches at providers are, and which organizations use a provider key.
OWNERS = Bucket("promptly_owners", 400 * 86_400.0)
# Responses by organization and id: sealed ones that this gateway made, and where at a provider the others are. A value may be kept for
# less than the bucket's time. Past `max_bytes` no new ones are taken, and answers say so.
RESPONSES = Bucket("promptly_responses", 30 * 86_400.0, 2 << 30, own_ages=True)
# Bytes of responses that each organization has ever stored; what its oldest are is read from that.
RESPONSE_BYTES = SharedCounter("PROMPTLY_RESPONSE_BYTES", 31 * 86_400.0, on_disk=True)
# Requests that wait for a batch of their provider's, their answers, and the batches, by organization. Past `max_bytes` no new ones are
# taken: they are answered at once.
DEFERRED = Bucket("promptly_deferred", 30 * 86_400.0, 4 << 30, own_ages=True)
# Bytes of such requests and answers by organization and day.
DEFERRED_BYTES = SharedCounter("PROMPTLY_DEFERRED_BYTES", 3 * 86_400.0, on_disk=True)
RATE = SharedCounter("PROMPTLY_RATE", 180.0, on_disk=True)  # a server that is started again must not forgive a minute


class GatewayAlive(msgspec.Struct, frozen=True, kw_only=True):
    """One gateway, every few seconds; `id` is its own since it started."""

    id: str


GATEWAY_ALIVE: Event[GatewayAlive] = Event("promptly.v1.events.gateway.alive", GatewayAlive, False)


class TestProviderKey(msgspec.Struct, frozen=True, kw_only=True):
    """Does this key work? It travels sealed; the gateway that answers opens it and calls its provider once."""

    org_id: str
    key: ProviderKey


class ProviderKeyTested(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the provider took the key; `detail` is a sentence for its owner. No latency where no call was made."""

    ok: bool
    detail: str
    latency_ms: float | None = None


TEST_PROVIDER_KEY: Rpc[TestProviderKey, ProviderKeyTested] = Rpc(
    "promptly.v1.gateway.test_provider_key", TestProviderKey, ProviderKeyTested, 20_000
)


class CheckBatch(msgspec.Struct, frozen=True, kw_only=True):
    """Look at a batch at its provider, and record what it cost if it is over."""

    org_id: str
    batch_id: str


class BatchChecked(msgspec.Struct, frozen=True, kw_only=True):
    """Whether it is over: nobody has to look again."""

    over: bool


CHECK_BATCH: Rpc[CheckBatch, BatchChecked] = Rpc("promptly.v1.gateway.check_batch", CheckBatch, BatchChecked, 30_000)
# What was spent of budgets, in nano-dollars, and how many values each has sums for: by month, and by day.
BUDGET = SharedCounter("PROMPTLY_BUDGET", 35 * 86_400.0, on_disk=True)
BUDGET_DAYS = SharedCounter("PROMPTLY_BUDGET_DAYS", 3 * 86_400.0, on_disk=True)

# By organization, member, UTC day and request, sealed. Past `max_bytes` no new ones are taken.
CAPTURES = Bucket("promptly_captures", 30 * 86_400.0, 1 << 30, own_ages=True)
# Bytes that each organization has captured, by UTC day.
CAPTURE_BYTES = SharedCounter("PROMPTLY_CAPTURE_BYTES", 3 * 86_400.0, on_disk=True)
CapturedKind = Literal["chat", "messages", "responses"]


class Captured(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a captured request without opening it. `user_id` is the member whose key it came with; `bytes` are of the body as
    it was sent.
    """

    id: str
    kind: CapturedKind
    time_ms: int
    user_id: str | None
    bytes: int


class ListCaptures(msgspec.Struct, frozen=True, kw_only=True):
    """The newest `limit` of those that came from `from_ms` until before `to_ms`, a period of 31 days at most."""

    org_id: str
    from_ms: int
    to_ms: int
    limit: int


class CaptureList(msgspec.Struct, frozen=True, kw_only=True):
    """Newest first; `total` counts also those that are not listed."""

    captures: tuple[Captured, ...]
    total: int


class CaptureRef(msgspec.Struct, frozen=True, kw_only=True):
    """One captured request."""

    org_id: str
    id: str


class CapturedText(msgspec.Struct, frozen=True, kw_only=True):
    """A captured request with its text: `body` is what the client sent."""

    captured: Captured
    body: msgspec.Raw


class EraseCaptures(msgspec.Struct, frozen=True, kw_only=True):
    """Erase one captured request, or, without an id, all of an organization's."""

    org_id: str
    id: str | None = None


class CapturesErased(msgspec.Struct, frozen=True, kw_only=True):
    """How many are gone."""

    count: int


LIST_CAPTURES: Rpc[ListCaptures, CaptureList] = Rpc(
    "promptly.v1.gateway.list_captures", ListCaptures, CaptureList, 10_000
)
READ_CAPTURE: Rpc[CaptureRef, CapturedText] = Rpc("promptly.v1.gateway.read_capture", CaptureRef, CapturedText, 10_000)
ERASE_CAPTURES: Rpc[EraseCaptures, CapturesErased] = Rpc(
    "promptly.v1.gateway.erase_captures", EraseCaptures, CapturesErased, 10_000
)


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """Take the newest `limit` requests that an organization had captured in a period, in the order in which they came, and see what
    would become of them under `principal`, whose provider keys are not opened. No provider is called.
    """

    principal: Principal
    from_ms: int
    to_ms: int
    limit: int


class ReplayExample(msgspec.Struct, frozen=True, kw_only=True):
    """A request that something would be changed about. Nano-dollars are None where a price is unknown. `before` and `after` are its
    messages in the chat format, and `positions` says for each of those after which one it was, -1 for one that is put in; all are empty
    where the messages stay, or are too long to be shown.
    """

    id: str
    requested_model: str
    model: str
    cache: Literal["exact", "semantic"] | None
    tokens_before: int
    tokens_after: int
    baseline_nano: int | None
    actual_nano: int | None
    predicted_nano: int | None
    before: msgspec.Raw
    after: msgspec.Raw
    positions: tuple[int, ...] = ()


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """What is predicted. Of `captured` requests in the period `replayed` were tried and `refused` could not be, by the reason; the rest was
    beyond the limit or the time. `changed`: what goes out, or who answers, would differ from what the client sent. Sums are over
    requests whose prices are all known, `unpriced` counts the others: what they would have cost as asked, what they did cost, and what
    they would; input tokens as asked and as predicted. `levers` add up to as asked minus predicted.
    """

    captured: int
    replayed: int
    refused: dict[str, int]
    changed: int
    exact_hits: int
    semantic_hits: int
    unpriced: int
    baseline_nano: int
    actual_nano: int
    predicted_nano: int
    input_before: int
    input_after: int
    levers: tuple[LeverShare, ...]
    models: dict[str, int]
    degraded: tuple[str, ...]
    examples: tuple[ReplayExample, ...]


REPLAY: Rpc[Replay, Replayed] = Rpc("promptly.v1.gateway.replay", Replay, Replayed, 28_000)
