"""What is told of a request: to its client, and to everybody who counts."""

from hashlib import blake2b
from typing import Any

import msgspec

from libs.common.contracts.events import CompletionFinished, Status
from libs.common.money import usd
from services.gateway.domain.work import Work


def metadata(work: Work, now: float) -> bytes:
    """The `promptly_metadata` object, encoded."""
    saved = work.receipt.savings_nano if work.receipt else None
    hit = work.hit
    levers = work.receipt.levers if work.receipt else ()
    found: dict[str, Any] = {
        "baseline_model": work.baseline_model,
        "routed_model": work.routed_model,
        "original_tokens": work.original_tokens,
        "optimized_tokens": work.tokens.input,
        "savings": None if saved is None else usd(saved),
        "cache_hit": hit is not None,
        "latency_ms": round((now - work.accepted) * 1000, 2),
        "request_id": work.request_id,
        "provider": hit.provider if hit else work.target.provider if work.target else None,
        "served_model": work.served_model,
        "complexity": work.route.tier if work.route else None,
        "cache_similarity": hit.similarity if hit else None,
        "optimizations": [share.lever for share in levers if share.tokens or share.nano_usd],
        "fallback_used": work.fallback_used,
        "degraded": work.degraded,
    }
    if work.dropped and hit is None:
        found["dropped_params"] = work.dropped
    if work.target is not None and work.target.note:
        found["model_note"] = work.target.note
    if work.optimized is not None and hit is None and not work.fallback_used:
        found |= {"content_kinds": work.optimized.content, "left_out": work.optimized.left_out}
    if work.not_done:
        found["not_done"] = work.not_done
    if hit is not None:
        found["cache_entry_id"] = hit.entry_id
    if (route := work.route) is not None:
        found |= {"routing_reason": route.reason, "routing_signals": route.signals}
        if route.rule_name is not None:
            found["rule"] = route.rule_name
        if route.shadow_model is not None:
            saved = work.shadow_savings_nano
            found |= {"shadow_model": route.shadow_model, "shadow_savings": None if saved is None else usd(saved)}
    if work.estimated:
        found["usage_estimated"] = True
    return msgspec.json.encode(found)


def finished_event(
    work: Work, status: Status, now: float, *, status_code: int = 200, error: str | None = None
) -> CompletionFinished:
    """The fact that this request ended."""
    paid, hit, route = work.receipt, work.hit, work.route
    called = (work.answered or now) - work.called if work.called is not None else 0.0
    provider_ms = (called + work.waited) * 1000 if work.called is not None or work.waited else None
    latency = (now - work.accepted) * 1000
    return CompletionFinished(
        id=work.request_id,
        org_id=work.principal.org_id,
        key_id=work.principal.key_id,
        user_id=work.principal.user_id,
        end_user=work.chat.end_user,
        kind=work.kind,
        status=status,
        status_code=status_code,
        error_code=error,
        tags=work.overrides.tags,
        time_ms=work.time_ms,
        baseline_model=work.baseline_model,
        routed_model=work.routed_model,
        served_model=work.served_model,
        provider=hit.provider if hit else work.target.provider if work.target else None,
        tier=route.tier if route else None,
        rule_id=route.rule_id if route else None,
        routing_reason=route.reason if route else None,
        shadow_model=route.shadow_model if route else None,
        shadow_savings_nano=work.shadow_savings_nano,
        routing_score=route.score if route else None,
        routing_features=route.features if route else (),
        asked_digest=_asked_digest(work),
        tokens=work.tokens,
        original_tokens=work.original_tokens,
        optimized_tokens=work.tokens.input,
        levers=paid.levers if paid else (),
        baseline_cost_nano=paid.baseline_nano if paid else 0,
        actual_cost_nano=paid.actual_nano if paid else 0,
        price_version=paid.price_version if paid else None,
        estimated=work.estimated,
        cache=work.cache,
        cache_similarity=hit.similarity if hit else None,
        cache_entry_id=hit.entry_id if hit else None,
        cache_pair_id=hit.pair_id if hit else None,
        cache_source_id=hit.request_id if hit else None,
        latency_ms=round(latency, 3),
        overhead_ms=round(latency - (provider_ms or 0), 3),
        provider_ms=None if provider_ms is None else round(provider_ms, 3),
        first_byte_ms=None if work.first_byte is None else round((work.first_byte - work.accepted) * 1000, 3),
        degraded=tuple(work.degraded),
        fallback_used=work.fallback_used,
        stream=work.chat.stream,
        trace_id=work.trace_id,
        not_done=work.not_done,
    )


def _asked_digest(work: Work) -> str | None:
    """Tells whether the same was asked again; who holds the text as well can tell that it is this one's."""
    prompt = work.chat.prompt
    if not prompt:
        return None
    return blake2b(f"{work.principal.org_id}\n{prompt}".encode(), digest_size=12).hexdigest()
