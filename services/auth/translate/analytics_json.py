"""Figures as JSON: nano-dollars become dollars, rates of 0 to 1 stay, milliseconds since the epoch become ISO 8601."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from libs.common.contracts.analytics import Levers, Models, Overview, RequestEntry, SavingsSeries
from libs.common.contracts.events import CompletionFinished
from libs.common.money import usd
from services.auth.translate.account_json import iso


def overview_json(figures: Overview, from_ms: int, to_ms: int) -> dict[str, Any]:
    """Totals of a period."""
    return {
        "from": iso_ms(from_ms),
        "to": iso_ms(to_ms),
        "requests": msgspec.to_builtins(figures.requests),
        "cache": msgspec.to_builtins(figures.cache),
        "tokens": msgspec.to_builtins(figures.tokens),
        "cost_usd": usd(figures.cost_nano),
        "baseline_cost_usd": usd(figures.baseline_cost_nano),
        "savings_usd": usd(figures.savings_nano),
        "savings_percentage": _percentage(figures.savings_nano, figures.baseline_cost_nano),
        "error_rate": figures.error_rate,
        "latency_ms": msgspec.to_builtins(figures.latency_ms),
        "unpriced_requests": figures.unpriced_requests,
        "data_as_of": None if figures.data_as_of_ms is None else iso_ms(figures.data_as_of_ms),
    }


def savings_json(series: SavingsSeries, interval: str) -> dict[str, Any]:
    """Savings over time."""
    return {
        "interval": interval,
        "points": [
            {
                "time": iso_ms(point.time_ms),
                "requests": point.requests,
                "cost_usd": usd(point.cost_nano),
                "baseline_cost_usd": usd(point.baseline_cost_nano),
                "savings_usd": usd(point.savings_nano),
                "tokens_saved": point.tokens_saved,
            }
            for point in series.points
        ],
    }


def models_json(models: Models) -> dict[str, Any]:
    """Who served how much."""
    return {
        "models": [
            {
                "model": use.model,
                "provider": use.provider,
                "requests": use.requests,
                "share": use.share,
                "input_tokens": use.input_tokens,
                "output_tokens": use.output_tokens,
                "cost_usd": usd(use.cost_nano),
                "savings_usd": usd(use.savings_nano),
                "latency_p50_ms": use.latency_p50_ms,
                "error_rate": use.error_rate,
            }
            for use in models.models
        ]
    }


def levers_json(levers: Levers) -> dict[str, Any]:
    """What each lever saved; `share` is of the total, None where that is nothing."""
    return {
        "levers": [
            {
                "lever": use.lever,
                "requests": use.requests,
                "tokens_saved": use.tokens_saved,
                "savings_usd": usd(use.savings_nano),
                "share": use.savings_nano / levers.total_nano if levers.total_nano else None,
            }
            for use in levers.levers
        ],
        "total_usd": usd(levers.total_nano),
    }


def request_json(entry: CompletionFinished) -> dict[str, Any]:
    """One entry of the request log."""
    priced = entry.baseline_cost_nano is not None and entry.actual_cost_nano is not None
    return {
        "id": entry.id,
        "time": iso_ms(entry.time_ms),
        "key_id": entry.key_id,
        "user": entry.end_user,
        "kind": entry.kind,
        "stream": entry.stream,
        "status": entry.status,
        "status_code": entry.status_code,
        "error_code": entry.error_code,
        "tags": entry.tags,
        "baseline_model": entry.baseline_model,
        "routed_model": entry.routed_model,
        "served_model": entry.served_model,
        "provider": entry.provider,
        "tier": entry.tier,
        "rule_id": entry.rule_id,
        "routing_reason": entry.routing_reason,
        "routing_score": entry.routing_score,
        "shadow_model": entry.shadow_model,
        "shadow_savings_usd": _usd(entry.shadow_savings_nano),
        "original_tokens": entry.original_tokens,
        "optimized_tokens": entry.optimized_tokens,
        "output_tokens": entry.tokens.output,
        "tokens": msgspec.to_builtins(entry.tokens),
        "cost_usd": _usd(entry.actual_cost_nano),
        "baseline_cost_usd": _usd(entry.baseline_cost_nano),
        "savings_usd": usd((entry.baseline_cost_nano or 0) - (entry.actual_cost_nano or 0)) if priced else None,
        "estimated": entry.estimated,
        "price_version": entry.price_version,
        "optimizations": [
            {"lever": share.lever, "tokens_saved": share.tokens, "savings_usd": _usd(share.nano_usd)}
            for share in entry.levers
        ],
        "cache_hit": entry.cache in ("exact", "semantic"),
        "cache": entry.cache,
        "cache_similarity": entry.cache_similarity,
        "cache_entry_id": entry.cache_entry_id,
        "cache_source_id": entry.cache_source_id,
        "latency_ms": entry.latency_ms,
        "overhead_ms": entry.overhead_ms,
        "provider_ms": entry.provider_ms,
        "first_byte_ms": entry.first_byte_ms,
        "fallback_used": entry.fallback_used,
        "degraded": list(entry.degraded),
        "trace_id": entry.trace_id,
        "charged_tokens": entry.charged_tokens,
    }


def entry_json(entry: RequestEntry) -> dict[str, Any]:
    """One entry of the request log, with its receipt and what its client said of it.

    In the receipt the lines, in the pipeline's order, lead from the baseline to the cost: baseline − lines = cost.
    """
    shown = request_json(entry)
    said = entry.feedback
    receipt = {
        "baseline_model": entry.baseline_model,
        "served_model": entry.served_model,
        "baseline_cost_usd": shown["baseline_cost_usd"],
        "lines": shown["optimizations"],
        "not_done": list(entry.not_done),
        "cost_usd": shown["cost_usd"],
        "savings_usd": shown["savings_usd"],
        "price_version": entry.price_version,
        "estimated": entry.estimated,
        "tokens": shown["tokens"],
        "latency_ms": {
            "total": entry.latency_ms,
            "overhead": entry.overhead_ms,
            "provider": entry.provider_ms,
            "first_byte": entry.first_byte_ms,
        },
    }
    feedback = said and {
        "rating": said.rating,
        "cache_wrong": said.cache_wrong,
        "comment": said.comment,
        "time": iso_ms(said.time_ms),
    }
    return {**shown, "receipt": receipt, "feedback": feedback}


def iso_ms(ms: int) -> str:
    """Milliseconds since the epoch as ISO 8601."""
    return iso(datetime.fromtimestamp(ms / 1000, UTC))


def _usd(nano: int | None) -> float | None:
    return None if nano is None else usd(nano)


def _percentage(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 0.0
