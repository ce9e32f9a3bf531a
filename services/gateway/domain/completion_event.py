"""What is published about a request: to its client, and to everybody who counts."""

from hashlib import blake2b
from typing import Any

import msgspec

from libs.common.contracts.events import CompletionFinished
from libs.common.money import usd
from services.gateway.domain.outcome import Outcome
from services.gateway.domain.plan import Plan, routed_model
from services.gateway.domain.request import Request


def response_metadata(request: Request, plan: Plan, outcome: Outcome, now: float) -> bytes:
    """The `promptly_metadata` object, encoded."""
    saved = outcome.receipt.savings_nano if outcome.receipt else None
    hit = plan.hit
    levers = outcome.receipt.levers if outcome.receipt else ()
    found: dict[str, Any] = {
        "baseline_model": request.baseline_model,
        "routed_model": routed_model(request, plan),
        "original_tokens": outcome.original_tokens,
        "optimized_tokens": outcome.counts.tokens.input,
        "savings": None if saved is None else usd(saved),
        "cache_hit": hit is not None,
        "latency_ms": round((now - request.accepted) * 1000, 2),
        "request_id": request.id,
        "provider": hit.provider if hit else plan.target.provider if plan.target else None,
        "served_model": served_model(plan, outcome),
        "complexity": plan.route.tier if plan.route else None,
        "cache_similarity": hit.similarity if hit else None,
        "optimizations": [share.lever for share in levers if share.tokens or share.nano_usd],
        "fallback_used": plan.fallback_used,
        "degraded": plan.degraded,
    }
    trace = outcome.trace
    if trace.dropped and hit is None:
        found["dropped_params"] = trace.dropped
    if plan.target is not None and plan.target.note:
        found["model_note"] = plan.target.note
    if plan.optimized is not None and hit is None and not plan.fallback_used:
        found |= {"content_kinds": plan.optimized.content, "left_out": plan.optimized.left_out}
    if trace.tried.effort is not None and hit is None:
        found["effort"] = trace.tried.effort
    if plan.budget_exceeded is not None and hit is None:
        found["budget_exceeded"] = plan.budget_exceeded
    if request.arm is not None:
        found["arm"] = request.arm
    if plan.not_done:
        found["not_done"] = plan.not_done
    if hit is not None:
        found["cache_entry_id"] = hit.entry_id
    if (route := plan.route) is not None:
        found |= {"routing_reason": route.reason, "routing_signals": route.signals}
        if route.rule_name is not None:
            found["rule"] = route.rule_name
        if route.shadow_model is not None:
            saved = outcome.shadow_savings_nano
            found |= {"shadow_model": route.shadow_model, "shadow_savings": None if saved is None else usd(saved)}
    if outcome.counts.estimated:
        found["usage_estimated"] = True
    return msgspec.json.encode(found)


def completion_event(request: Request, plan: Plan, outcome: Outcome, now: float) -> CompletionFinished:
    """The fact that this request ended. `now` is monotonic seconds."""
    paid, hit, route, trace = outcome.receipt, plan.hit, plan.route, outcome.trace
    called = (trace.answered or now) - trace.called if trace.called is not None else 0.0
    provider_ms = (called + plan.waited) * 1000 if trace.called is not None or plan.waited else None
    latency = (now - request.accepted) * 1000
    return CompletionFinished(
        id=request.id,
        org_id=request.principal.org_id,
        key_id=request.principal.key_id,
        user_id=request.principal.user_id,
        end_user=request.envelope.end_user,
        kind=request.kind,
        status=outcome.status,
        status_code=outcome.status_code,
        error_code=outcome.error,
        tags=request.overrides.tags,
        time_ms=request.time_ms,
        baseline_model=request.baseline_model,
        routed_model=routed_model(request, plan),
        served_model=served_model(plan, outcome),
        provider=hit.provider if hit else plan.target.provider if plan.target else None,
        tier=route.tier if route else None,
        rule_id=route.rule_id if route else None,
        routing_reason=route.reason if route else None,
        shadow_model=route.shadow_model if route else None,
        shadow_savings_nano=outcome.shadow_savings_nano,
        routing_score=route.score if route else None,
        routing_features=route.features if route else (),
        asked_digest=_prompt_digest(request),
        tokens=outcome.counts.tokens,
        original_tokens=outcome.original_tokens,
        optimized_tokens=outcome.counts.tokens.input,
        levers=paid.levers if paid else (),
        baseline_cost_nano=paid.baseline_nano if paid else 0,
        actual_cost_nano=paid.actual_nano if paid else 0,
        price_version=paid.price_version if paid else None,
        estimated=outcome.counts.estimated,
        cache=plan.cache,
        cache_similarity=hit.similarity if hit else None,
        cache_entry_id=hit.entry_id if hit else None,
        cache_pair_id=hit.pair_id if hit else None,
        cache_source_id=hit.request_id if hit else None,
        latency_ms=round(latency, 3),
        overhead_ms=round(latency - (provider_ms or 0), 3),
        provider_ms=None if provider_ms is None else round(provider_ms, 3),
        first_byte_ms=None if trace.first_byte is None else round((trace.first_byte - request.accepted) * 1000, 3),
        degraded=plan.degraded,
        fallback_used=plan.fallback_used,
        stream=request.envelope.stream,
        trace_id=request.trace_id,
        not_done=plan.not_done,
        target_surface=trace.target_surface,
        raw=trace.raw,
        session=_keyed(request, request.envelope.session),
        agent=_keyed(request, request.envelope.agent),
        client=request.client,
        dropped=trace.dropped if hit is None else (),
        stop=outcome.stop,
        service_tier=trace.served_tier,
        units=dict(outcome.units),
        unpriced=outcome.unpriced,
        items=outcome.items,
        cached_items=outcome.cached_items,
        stored=outcome.stored,
        upstream_request_id=trace.upstream_request_id,
        arm=request.arm,
        conversation=request.conversation,
        alias=request.alias,
        team_id=request.principal.team_id,
        lever_arms=dict(request.lever_arms),
        shadow_levers=outcome.shadow_levers,
    )


def _keyed(request: Request, name: str | None) -> str | None:
    """A name that a client chose, as a digest that is another for each organization."""
    if not name:
        return None
    return blake2b(f"{request.principal.org_id}\n{name}".encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def served_model(plan: Plan, outcome: Outcome) -> str | None:
    """The model that answered, as it called itself; the one that made a cached answer."""
    return plan.hit.served_model if plan.hit is not None else outcome.trace.served_model


def failure_event(request: Request, now: float, *, status_code: int, error: str) -> CompletionFinished:
    """The fact that this request ended with a fault of ours, made of nothing that may be at fault."""
    latency = round((now - request.accepted) * 1000, 3)
    return CompletionFinished(
        id=request.id,
        org_id=request.principal.org_id,
        key_id=request.principal.key_id,
        user_id=request.principal.user_id,
        kind=request.kind,
        status="error",
        status_code=status_code,
        error_code=error,
        tags=request.overrides.tags,
        time_ms=request.time_ms,
        baseline_model=request.baseline_model,
        routed_model=request.baseline_model,
        baseline_cost_nano=0,
        actual_cost_nano=0,
        latency_ms=latency,
        overhead_ms=latency,
        stream=request.envelope.stream,
        trace_id=request.trace_id,
        arm=request.arm,
        conversation=request.conversation,
        team_id=request.principal.team_id,
    )


def _prompt_digest(request: Request) -> str | None:
    """Shows whether the same was sent again; who holds the text as well can find that it is this one's."""
    prompt = "" if request.chat is None else request.chat.prompt
    if not prompt:
        return None
    return blake2b(f"{request.principal.org_id}\n{prompt}".encode(), digest_size=12).hexdigest()
