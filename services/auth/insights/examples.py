"""Examples of bodies and answers, for the document."""

from typing import Final

import msgspec

from libs.common.contracts.analytics import CacheCounts, Latencies, RequestCounts, TokenCounts
from libs.common.contracts.events import TokenClasses
from services.auth.insights import schemas
from services.auth.insights.schemas.breakdown import BreakdownRow, Use
from services.auth.insights.schemas.figures import LatencyPoint

_TIME: Final = "2026-08-01T09:30:00.000Z"
_TOKENS: Final = TokenClasses(uncached_input=310, output_text=92)
_ROUTING: Final = schemas.LeverShare(lever="routing", tokens_saved=0, savings_usd=0.0021)
ENTRY: Final = schemas.LogEntry(
    id="req_" + "7" * 32,
    time=_TIME,
    key_id="key_" + "4" * 32,
    team_id="team_" + "8" * 32,
    user=None,
    kind="chat",
    stream=False,
    status="success",
    status_code=200,
    error_code=None,
    tags={"team": "support"},
    baseline_model="gpt-4o",
    routed_model="gpt-4o-mini",
    served_model="gpt-4o-mini",
    provider="openai",
    tier="simple",
    rule_id=None,
    routing_reason="classifier",
    routing_score=0.08,
    shadow_model=None,
    shadow_savings_usd=None,
    original_tokens=310,
    optimized_tokens=310,
    output_tokens=92,
    tokens=_TOKENS,
    cost_usd=0.0001,
    baseline_cost_usd=0.0022,
    savings_usd=0.0021,
    estimated=False,
    price_version="2026-08-01",
    optimizations=(_ROUTING,),
    cache_hit=False,
    cache="miss",
    cache_similarity=None,
    cache_entry_id=None,
    cache_source_id=None,
    latency_ms=812.4,
    overhead_ms=9.8,
    provider_ms=802.6,
    first_byte_ms=None,
    fallback_used=False,
    degraded=(),
    trace_id=None,
    charged_tokens=0,
    target_surface="chat",
    raw=True,
    session=None,
    agent=None,
    client="openai-python",
    dropped=(),
    stop="stop",
    service_tier=None,
    units={},
    unpriced=(),
    items=0,
    cached_items=0,
    stored=False,
    upstream_request_id="req_0123",
    arm=None,
    conversation=None,
    lever_arms={},
    shadow_levers=(),
    alias=None,
)
_USE: Final = Use(
    requests=60,
    errors=1,
    cached=24,
    input_tokens=52000,
    output_tokens=21000,
    tokens_saved=28000,
    cost_usd=0.19,
    baseline_cost_usd=0.41,
    savings_usd=0.22,
    unpriced_requests=0,
)
_NOTHING: Final = Use(**dict.fromkeys(Use.__struct_fields__, 0))
EXAMPLES: Final[tuple[msgspec.Struct, ...]] = (
    schemas.Breakdown(
        by=("tag:team",),
        from_="2026-07-01T00:00:00.000Z",
        to=_TIME,
        time_zone="UTC",
        rows=(BreakdownRow(values=("support",), key_name=None, team_name=None, use=_USE, previous=None, points=()),),
        other=_NOTHING,
        without=_NOTHING,
        total=_USE,
        previous=None,
        intervals=(),
    ),
    schemas.LatencySeries(
        interval="hour",
        points=(
            LatencyPoint(
                time="2026-08-01T09:00:00.000Z",
                requests=60,
                latency_ms=Latencies(p50=640.0, p95=1900.0, p99=2800.0, overhead_p50=6.0, overhead_p95=14.0),
            ),
        ),
    ),
    schemas.Levers(
        levers=(schemas.LeverUse(lever="routing", requests=60, tokens_saved=0, savings_usd=0.22, share=1.0),),
        total_usd=0.22,
    ),
    schemas.LogDetail(
        **msgspec.structs.asdict(ENTRY),
        receipt=schemas.Receipt(
            baseline_model="gpt-4o",
            served_model="gpt-4o-mini",
            baseline_cost_usd=0.0022,
            lines=(_ROUTING,),
            not_done=(),
            cost_usd=0.0001,
            savings_usd=0.0021,
            price_version="2026-08-01",
            estimated=False,
            tokens=_TOKENS,
            latency_ms=schemas.ReceiptLatency(total=812.4, overhead=9.8, provider=802.6, first_byte=None),
        ),
        feedback=None,
        trace_url=None,
    ),
    schemas.LogPage(requests=(ENTRY,), next_cursor=None),
    schemas.Models(
        models=(
            schemas.ModelUse(
                model="gpt-4o-mini",
                provider="openai",
                requests=60,
                share=0.6,
                input_tokens=52000,
                output_tokens=21000,
                cost_usd=0.19,
                savings_usd=0.22,
                latency_p50_ms=640.0,
                latency_p95_ms=1900.0,
                latency_p99_ms=2800.0,
                error_rate=0.01,
            ),
        )
    ),
    schemas.Overview(
        from_="2026-07-02T09:30:00.000Z",
        to=_TIME,
        requests=RequestCounts(total=100, success=58, fallback=1, cached=40, error=1, cancelled=0),
        cache=CacheCounts(exact_hits=25, semantic_hits=15, hit_rate=0.4),
        tokens=TokenCounts(original=80000, optimized=52000, saved=28000, output=21000),
        cost_usd=0.19,
        baseline_cost_usd=0.41,
        savings_usd=0.22,
        savings_percentage=53.7,
        error_rate=0.01,
        latency_ms=Latencies(p50=640.0, p95=1900.0, p99=2800.0, overhead_p50=6.0, overhead_p95=14.0),
        unpriced_requests=0,
        data_as_of=_TIME,
    ),
    schemas.Savings(
        interval="day",
        points=(
            schemas.SavingsPoint(
                time="2026-08-01T00:00:00.000Z",
                requests=100,
                cost_usd=0.19,
                baseline_cost_usd=0.41,
                savings_usd=0.22,
                tokens_saved=28000,
            ),
        ),
    ),
)
