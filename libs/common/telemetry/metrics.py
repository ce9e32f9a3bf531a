"""Prometheus metrics that every service has. A service's own stand beside the code that counts them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from prometheus_client import Counter, Gauge, Histogram

_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60)

RPC_SERVED = Histogram(
    "promptly_rpc_served_seconds", "Calls answered, by outcome", ["subject", "code"], buckets=_SECONDS
)
RPC_CALLED = Histogram("promptly_rpc_called_seconds", "Calls made, by outcome", ["subject", "code"], buckets=_SECONDS)
EVENTS_CONSUMED = Counter("promptly_events_consumed", "Durable events finished, by outcome", ["subject", "outcome"])
EVENTS_SPOOLED = Counter("promptly_events_spooled", "Durable events written to disk because the bus was away")
# A gauge of a gateway has to say what several workers' values make together: here their sum.
SPOOL_BYTES = Gauge("promptly_spool_bytes", "Bytes that wait in the spool", multiprocess_mode="livesum")
IN_FLIGHT = Gauge(
    "promptly_requests_in_flight", "Client requests under way, looked at each second", multiprocess_mode="livesum"
)
SPOOL_SET_ASIDE = Counter(
    "promptly_spool_set_aside",
    "Events of the spool that cannot be sent: kept in a file of their own, or lost",
    ["outcome"],
)
REQUEST_SECONDS = Histogram(
    "promptly_request_seconds", "Client requests, by how they ended", ["status", "cache"], buckets=_SECONDS
)
OVERHEAD_SECONDS = Histogram("promptly_overhead_seconds", "Promptly's own share of a request", buckets=_SECONDS)
CLIENT_REQUESTS = Counter(
    "promptly_requests",
    "Client requests, by API, provider, the catalogue's model, how they ended, and the class of their HTTP status",
    ["kind", "provider", "model", "status", "http"],
)
REFUSED = Counter(
    "promptly_refused_requests",
    "Failed requests that have no record, such as those without a valid key, by route and class of HTTP status",
    ["path", "http"],
)
TOKENS = Counter("promptly_tokens", "Tokens that providers billed, by class", ["class", "provider", "model"])
COST = Counter("promptly_cost_nano_usd", "What requests cost, in nano-dollars", ["provider", "model"])
BASELINE_COST = Counter(
    "promptly_baseline_cost_nano_usd",
    "What the same requests would have cost without Promptly, in nano-dollars",
    ["provider", "model"],
)
LEVER_SAVED = Counter("promptly_lever_saved_nano_usd", "What levers saved, in nano-dollars", ["lever"])
LEVER_ADDED = Counter(
    "promptly_lever_added_nano_usd", "What levers cost where they did not pay, in nano-dollars", ["lever"]
)
LEVER_TOKENS = Counter("promptly_lever_tokens", "Tokens that levers took away", ["lever"])
PROVIDER_ERRORS = Counter("promptly_provider_errors", "Failed calls of providers, by reason", ["provider", "reason"])
# Only where an operator asks for them (PROMPTLY_METRICS_BY_ORG).
ORG_REQUESTS = Counter("promptly_org_requests", "Client requests of an organization", ["org", "status"])
ORG_COST = Counter("promptly_org_cost_nano_usd", "What its requests cost, in nano-dollars", ["org"])
ORG_BASELINE_COST = Counter(
    "promptly_org_baseline_cost_nano_usd", "What they would have cost without Promptly, in nano-dollars", ["org"]
)
DEGRADED = Counter("promptly_degraded", "Requests that went out without a part that was down or slow", ["part"])
BACKGROUND_FAILURES = Counter("promptly_background_failures", "Tasks beside requests that failed", ["job"])
UNPRICED = Counter("promptly_unpriced_requests", "Requests whose model has no known price")


@dataclass
class Outcome:
    """How a measured block ended; "ok" unless somebody says otherwise."""

    code: str = "ok"


@contextmanager
def rpc_served(subject: str) -> Iterator[Outcome]:
    """Time one answered call."""
    yield from _timed(RPC_SERVED, subject)


@contextmanager
def rpc_called(subject: str) -> Iterator[Outcome]:
    """Time one call made."""
    yield from _timed(RPC_CALLED, subject)


def _timed(histogram: Histogram, subject: str) -> Iterator[Outcome]:
    outcome = Outcome()
    start = time.perf_counter()
    try:
        yield outcome
    finally:
        histogram.labels(subject, outcome.code).observe(time.perf_counter() - start)
