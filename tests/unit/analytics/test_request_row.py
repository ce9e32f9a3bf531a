"""A finished request becomes a row and comes back whole."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.contracts.events import CompletionFinished, LeverShare, TokenClasses
from libs.common.ids import new_id
from services.analytics.domain import cursor
from services.analytics.translate.request_row import COLUMNS, finished, made_at, request_row, storable
from tests.unit.analytics.examples import NOW, ms, request

FULL = request(
    user_id="usr_1",
    end_user="end",
    kind="completion",
    status="fallback",
    status_code=207,
    error_code="late",
    tags={"team": "a", "é": "ü"},
    rule_id="rul_1",
    routing_reason="rule",
    shadow_model="gpt-4.1",
    tokens=TokenClasses(
        uncached_input=1, cache_read=2, cache_write_5m=3, cache_write_1h=4, output_text=5, output_reasoning=6
    ),
    levers=(LeverShare(lever="pruning", tokens=-4, nano_usd=None),),
    price_version="2026-11-01",
    estimated=True,
    cache="semantic",
    cache_similarity=0.9512,
    cache_entry_id="entry",
    not_done=("A new cut would send 9 tokens fewer and bill 7 more.",),
    charged_tokens=9,
    credit_lease="lease",
    clamped=("served_model",),
    cache_pair_id="pair-1",
    cache_source_id="req_before",
    shadow_savings_nano=-7,
    routing_score=0.25,
    routing_features=(0.5, -1.0),
    asked_digest="0" * 24,
    provider_ms=100.5,
    first_byte_ms=30.25,
    degraded=("cache", "router"),
    fallback_used=True,
    stream=True,
    trace_id="trace",
    target_surface="responses",
    raw=True,
    session="s" * 24,
    agent="a" * 24,
    client="codex",
    dropped=("top_k",),
    stop="end_turn",
    service_tier="flex",
    units={"second": 1.5},
    unpriced=("image_output",),
    items=5,
    cached_items=3,
    stored=True,
    upstream_request_id="req_theirs",
    arm="control",
    conversation="c6d72268cee3bdc53113eec6",
    alias="fast",
    team_id="team_1",
    lever_arms={"effort": False, "routing": True},
    shadow_levers=(LeverShare(lever="tools", tokens=3, nano_usd=75),),
)


def _as_read(row: dict[str, object]) -> dict[str, object]:
    """The row as the driver gives it back: documents decoded."""
    return {name: msgspec.json.decode(str(value)) if COLUMNS[name] == "jsonb" else value for name, value in row.items()}


def test_the_example_leaves_no_field_at_its_default() -> None:
    plain = request()
    same = [name for name in CompletionFinished.__struct_fields__ if getattr(FULL, name) == getattr(plain, name)]
    assert set(same) <= {
        "org_id", "key_id", "time_ms", "baseline_model", "routed_model", "served_model", "provider", "tier",
        "original_tokens", "optimized_tokens", "baseline_cost_nano", "actual_cost_nano", "latency_ms", "overhead_ms",
    }  # fmt: skip


def test_a_row_has_every_column_and_comes_back_whole() -> None:
    row = request_row(FULL, NOW)
    assert list(row) == list(COLUMNS)
    assert (row["at"], row["received_at"], row["time_ms"]) == (NOW, NOW, ms(NOW))
    assert finished(_as_read(row)) == FULL


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3), st.text(max_size=9))
def test_no_text_that_postgres_refuses_is_left(tags: dict[str, str], model: str) -> None:
    row = request_row(request(tags=tags, baseline_model=model, degraded=(model,)), NOW)
    texts = [value for value in row.values() if isinstance(value, str)]
    assert not [value for value in texts if "\x00" in value or "\\u0000" in value.replace("\\\\", "")]
    assert row["baseline_model"] == model.replace("\x00", "")


def test_only_the_character_that_cannot_be_kept_is_taken_out() -> None:
    assert storable({"a\x00": ["\x00b", 1, None, {"c": "d\u0001é"}]}) == {"a": ["b", 1, None, {"c": "d\u0001é"}]}


@pytest.mark.parametrize("name", ["", "req_1", "org_" + "0" * 32, "req_" + "G" * 32])
def test_without_a_requests_id_there_is_no_place_in_time(name: str) -> None:
    with pytest.raises(ValueError, match="not a request's"):
        request_row(request(id=name), NOW)


@given(st.integers(0, 253_402_300_799_999))
def test_cursors_come_back_and_ids_know_their_time(at_ms: int) -> None:
    name = new_id("req", at_ms)
    assert cursor.decode(cursor.encode(name)) == name
    assert ms(made_at(name)) == at_ms
