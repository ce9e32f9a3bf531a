"""Metrics of a request that is over, and the attributes of its span."""

import structlog

from libs.common.contracts.events import CompletionFinished
from libs.common.money import usd
from libs.common.telemetry import metrics, names, tracing

log = structlog.get_logger()


def measure(finished: CompletionFinished) -> None:
    """Count it, and describe the current span. What cannot be measured is recorded all the same."""
    try:
        _measure(finished)
    except Exception as fault:
        log.error("measurement_failed", error_type=type(fault).__name__)


def _measure(finished: CompletionFinished) -> None:
    metrics.REQUEST_SECONDS.labels(finished.status, finished.cache).observe(finished.latency_ms / 1000)
    metrics.OVERHEAD_SECONDS.observe(finished.overhead_ms / 1000)
    for part in finished.degraded:
        metrics.DEGRADED.labels(part).inc()
    if finished.baseline_cost_nano is None or finished.actual_cost_nano is None:
        metrics.UNPRICED.inc()
    saved = None
    if finished.baseline_cost_nano is not None and finished.actual_cost_nano is not None:
        saved = usd(finished.baseline_cost_nano - finished.actual_cost_nano)
    tracing.set_attributes(
        tracing.current(),
        {
            names.ORG_ID: finished.org_id,
            names.REQUEST_MODEL: finished.baseline_model,
            names.ROUTED_MODEL: finished.routed_model,
            names.TIER: finished.tier,
            names.CACHE: finished.cache,
            names.SIMILARITY: finished.cache_similarity,
            names.TOKENS_SAVED: finished.original_tokens - finished.optimized_tokens,
            names.SAVINGS_USD: saved,
            names.DEGRADED: finished.degraded or None,
            names.STATUS: finished.status,
            names.USAGE_INPUT_TOKENS: finished.tokens.input,
            names.USAGE_OUTPUT_TOKENS: finished.tokens.output,
            names.USAGE_CACHE_READ: finished.tokens.cache_read or None,
        },
    )
