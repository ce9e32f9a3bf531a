"""One log row for a request that took several calls."""

from collections.abc import Sequence

import msgspec

from libs.common.contracts.events import CompletionFinished, LeverName, LeverShare, TokenClasses

_WORST_FIRST = ("error", "cancelled", "fallback", "success", "cached")


def aggregate(parts: Sequence[CompletionFinished], request_id: str) -> CompletionFinished:
    """The parts' sums under one id, one part after the other. What is not a sum is the worst part's; an amount that one
    part does not know, nobody knows.
    """
    worst = min(parts, key=lambda part: _WORST_FIRST.index(part.status))
    # All parts began with the request, so the last one to end took as long as all of them.
    latency, provider = max(part.latency_ms for part in parts), sum(part.provider_ms or 0.0 for part in parts)
    amounts: dict[LeverName, LeverShare] = {}
    for share in (share for part in parts for share in part.levers):
        known = amounts.get(share.lever, LeverShare(lever=share.lever, tokens=0, nano_usd=0))
        nano = _sum([known.nano_usd, share.nano_usd])
        amounts[share.lever] = LeverShare(lever=share.lever, tokens=known.tokens + share.tokens, nano_usd=nano)
    return msgspec.structs.replace(
        worst,
        id=request_id,
        tokens=TokenClasses(
            **{name: sum(getattr(part.tokens, name) for part in parts) for name in TokenClasses.__struct_fields__}
        ),
        original_tokens=sum(part.original_tokens for part in parts),
        optimized_tokens=sum(part.optimized_tokens for part in parts),
        levers=tuple(amounts.values()),
        baseline_cost_nano=_sum([part.baseline_cost_nano for part in parts]),
        actual_cost_nano=_sum([part.actual_cost_nano for part in parts]),
        estimated=any(part.estimated for part in parts),
        latency_ms=latency,
        provider_ms=provider,
        overhead_ms=max(0.0, latency - provider),
        first_byte_ms=parts[0].first_byte_ms,
        degraded=tuple(dict.fromkeys(name for part in parts for name in part.degraded)),
    )


def _sum(amounts: Sequence[int | None]) -> int | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if len(known) == len(amounts) else None
