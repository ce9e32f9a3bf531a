"""Metrics of a request that is over, and the attributes of its span.

Labels have few values, whatever a caller sends: names of models are those of the catalogue, codes are classes of HTTP's, and
organizations are counted apart only where an operator asks for it, the first thousand by name.
"""

from functools import lru_cache
from typing import Any, Final

import structlog

from libs.common.catalog import Catalog
from libs.common.contracts.events import CompletionFinished
from libs.common.money import usd
from libs.common.telemetry import metrics, names, tracing
from services.gateway.domain.attempts import Failure

log = structlog.get_logger()
OTHER: Final = "other"
_NO_PROVIDER: Final = "none"
_MAX_ORGS: Final = 1000
_TOKEN_CLASSES: Final = (
    "uncached_input",
    "cache_read",
    "cache_write_5m",
    "cache_write_1h",
    "output_text",
    "output_reasoning",
)


class MetricLabels:
    """Bounded labels of what a request says of itself."""

    def __init__(self, catalog: Catalog, *, by_org: bool = False) -> None:
        self._catalog = catalog
        self._by_org = by_org
        self._orgs: set[str] = set()

    def model(self, finished: CompletionFinished) -> str:
        """The catalogue's name of the model that was called, or "other"."""
        for name in (finished.routed_model, finished.served_model):
            if name is not None and (found := self._catalog.find(name)) is not None:
                return found.name
        return OTHER

    def org(self, org_id: str) -> str | None:
        """The organization's id; "other" from the thousand-and-first on, None where none are counted apart."""
        if not self._by_org:
            return None
        if org_id not in self._orgs:
            if len(self._orgs) >= _MAX_ORGS:
                return OTHER
            self._orgs.add(org_id)
        return org_id


def measure(finished: CompletionFinished, labels: MetricLabels) -> None:
    """Count it, and describe the current span. What cannot be measured is recorded all the same."""
    try:
        _measure(finished, labels)
    except Exception as fault:
        log.error("measurement_failed", error_type=type(fault).__name__)


def count_failure(provider: str, failure: Failure) -> None:
    """Count one failed call of a provider, by what was wrong."""
    reason = failure.kind
    if failure.status is not None:
        reason = _failed_status(failure.status)
    metrics.PROVIDER_ERRORS.labels(provider, reason).inc()


def _failed_status(status: int) -> str:
    if status == 429:
        return "rate_limited"
    if status in (401, 402, 403):
        return "key"
    return "server" if status >= 500 else "request"


@lru_cache(4096)
def _of(metric: Any, *values: str) -> Any:
    """A metric with these labels; kept, because the library looks one up at the cost of the whole rest of a measurement."""
    return metric.labels(*values)


def _measure(finished: CompletionFinished, labels: MetricLabels) -> None:
    provider, model = finished.provider or _NO_PROVIDER, labels.model(finished)
    _of(metrics.REQUEST_SECONDS, finished.status, finished.cache).observe(finished.latency_ms / 1000)
    metrics.OVERHEAD_SECONDS.observe(max(finished.overhead_ms, 0) / 1000)
    http = f"{finished.status_code // 100}xx" if 200 <= finished.status_code < 600 else OTHER
    _of(metrics.CLIENT_REQUESTS, finished.kind, provider, model, finished.status, http).inc()
    for part in finished.degraded:
        metrics.DEGRADED.labels(part).inc()
    for name in _TOKEN_CLASSES:
        if (count := getattr(finished.tokens, name)) > 0:
            _of(metrics.TOKENS, name, provider, model).inc(count)
    for share in finished.levers:
        _count_lever(share.lever, share.tokens, share.nano_usd)
    saved = None
    if finished.baseline_cost_nano is None or finished.actual_cost_nano is None:
        metrics.UNPRICED.inc()
    else:
        saved = finished.baseline_cost_nano - finished.actual_cost_nano
        _of(metrics.COST, provider, model).inc(max(finished.actual_cost_nano, 0))
        _of(metrics.BASELINE_COST, provider, model).inc(max(finished.baseline_cost_nano, 0))
    if (org := labels.org(finished.org_id)) is not None:
        metrics.ORG_REQUESTS.labels(org, finished.status).inc()
        metrics.ORG_COST.labels(org).inc(max(finished.actual_cost_nano or 0, 0))
        metrics.ORG_BASELINE_COST.labels(org).inc(max(finished.baseline_cost_nano or 0, 0))
    span = tracing.current()
    if not span.is_recording():
        return
    tracing.set_attributes(
        span,
        {
            names.ORG_ID: finished.org_id,
            names.REQUEST_MODEL: finished.baseline_model,
            names.ROUTED_MODEL: finished.routed_model,
            names.TIER: finished.tier,
            names.CACHE: finished.cache,
            names.SIMILARITY: finished.cache_similarity,
            names.TOKENS_SAVED: finished.original_tokens - finished.optimized_tokens,
            names.SAVINGS_USD: None if saved is None else usd(saved),
            names.DEGRADED: finished.degraded or None,
            names.STATUS: finished.status,
            names.USAGE_INPUT_TOKENS: finished.tokens.input,
            names.USAGE_OUTPUT_TOKENS: finished.tokens.output,
            names.USAGE_CACHE_READ: finished.tokens.cache_read or None,
        },
    )


def _count_lever(lever: str, tokens: int, nano_usd: int | None) -> None:
    """A counter only grows: what a lever cost instead of saving is counted by itself."""
    if tokens > 0:
        metrics.LEVER_TOKENS.labels(lever).inc(tokens)
    if nano_usd is not None and nano_usd != 0:
        (metrics.LEVER_SAVED if nano_usd > 0 else metrics.LEVER_ADDED).labels(lever).inc(abs(nano_usd))
