"""A record fits everywhere, whatever a provider or a client wrote into it."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from libs.common.bounded import MAX_NANO, MAX_TOKENS, bounded
from libs.common.contracts.events import CompletionFinished, LeverShare, TokenClasses
from tests.unit.analytics.examples import request

_NUMBERS = st.integers(-(10**30), 10**30)
_TEXTS = st.one_of(st.none(), st.text(max_size=9), st.sampled_from(["x" * 9_000_000, "\ud800", "é" * 300, "\x00"]))


def test_what_is_in_bounds_is_left_alone() -> None:
    plain = request()
    assert bounded(plain) is plain


@given(
    names=st.dictionaries(st.sampled_from(["served_model", "error_code", "end_user", "provider", "rule_id"]), _TEXTS),
    counts=st.dictionaries(st.sampled_from(TokenClasses.__struct_fields__), _NUMBERS),
    amounts=st.dictionaries(
        st.sampled_from(["baseline_cost_nano", "actual_cost_nano", "shadow_savings_nano"]), _NUMBERS
    ),
    shares=st.lists(st.tuples(_NUMBERS, st.one_of(st.none(), _NUMBERS)), max_size=3),
    floats=st.dictionaries(st.sampled_from(["latency_ms", "overhead_ms", "routing_score"]), st.floats()),
    features=st.lists(st.floats(), max_size=3),
)
def test_a_record_of_anything_is_small_and_can_be_read(
    names: dict[str, Any],
    counts: dict[str, int],
    amounts: dict[str, int],
    shares: list[tuple[int, int | None]],
    floats: dict[str, float],
    features: list[float],
) -> None:
    levers = tuple(LeverShare(lever="routing", tokens=tokens, nano_usd=nano) for tokens, nano in shares)
    event = request(
        **names, **amounts, **floats, tokens=TokenClasses(**counts), levers=levers, routing_features=tuple(features)
    )
    kept = bounded(event)
    data = msgspec.json.encode(kept)
    assert len(data) < 64 << 10
    assert msgspec.json.decode(data, type=CompletionFinished) == kept
    assert bounded(kept) == kept
    assert max(msgspec.structs.astuple(kept.tokens)) <= MAX_TOKENS
    assert abs(kept.actual_cost_nano or 0) <= MAX_NANO
    if kept != event:
        assert kept.clamped
    if "tokens" in kept.clamped:
        assert kept.actual_cost_nano is None
