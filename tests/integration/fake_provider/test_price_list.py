"""The provider's own price list, checked against figures worked out by hand, and its counting."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fake_provider import meter
from tests.fake_provider.meter import Usage

TODAY, DECEMBER = date(2026, 11, 21), date(2026, 12, 1)


@pytest.mark.parametrize(
    ("model", "used", "today", "nano"),
    [
        ("gpt-4o", Usage(100, 50, 0, 0, 10, 0), TODAY, 100 * 2_500 + 50 * 1_250 + 10 * 10_000),
        ("gpt-4o-2024-11-20", Usage(1), TODAY, 2_500),
        ("gpt-4o", Usage(0, 0, 100), TODAY, 250_000),
        ("gpt-5-nano", Usage(0, 1_000), TODAY, 5_000),
        ("gpt-5.4", Usage(272_000), TODAY, 272_000 * 2_500),
        ("gpt-5.4", Usage(272_001, 0, 0, 0, 10, 5), TODAY, 272_001 * 5_000 + 15 * 22_500),
        ("gpt-6-luna", Usage(72_001, 100_000, 100_000, 0, 1, 1), TODAY, 72_001 * 200 + 2_000_000 + 25_000_000 + 1_500),
        ("claude-sonnet-4-5-20250929", Usage(1, 1, 1, 1, 1), TODAY, 3_000 + 300 + 3_750 + 6_000 + 15_000),
        ("claude-haiku-5-5", Usage(100_000, 0, 0, 0, 1), TODAY, 100_000 * 100 + 500),
        ("claude-haiku-5-5", Usage(100_000, 1, 1, 1, 1), TODAY, 100_000 * 500 + 50 + 625 + 1_000 + 2_500),
        ("claude-fable-5-1", Usage(0, 100), TODAY, 25_000),
        ("gemini-2.5-pro", Usage(200_001, 0, 0, 0, 0, 2), TODAY, 200_001 * 2_500 + 30_000),
        ("gemini-4-argon", Usage(10, 10, 0, 0, 10), TODAY, 20_000 + 1_000 + 100_000),
        ("gemini-4-argon", Usage(10, 10, 0, 0, 10), DECEMBER, 40_000 + 2_000 + 200_000),
        ("nobody-s-model", Usage(1), TODAY, None),
    ],
)
def test_a_request_s_price(model: str, used: Usage, today: date, nano: int | None) -> None:
    assert meter.bill_usage(model, used, today) == nano


def test_every_row_is_whole_nano_dollars_and_in_order() -> None:
    assert len(meter.PRICES) > 45
    for rows in meter.PRICES.values():
        assert rows == sorted(rows, key=lambda row: (row.since, row.above))
        assert all(row.cache_read <= row.input <= row.cache_write_5m <= row.cache_write_1h for row in rows)


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_what_touches_no_cache_is_billed_by_two_counts(prompt: int, completion: int) -> None:
    row = meter.price("gpt-6.1-terra", prompt)
    assert row is not None
    assert meter.bill("gpt-6.1-terra", prompt, completion) == prompt * row.input + completion * row.output


def test_texts_are_counted_and_bytes_are_not() -> None:
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "A" * 4_000}}
    text = {"type": "text", "text": "one two three"}
    alone = meter.count_texts("claude-opus-5", [{"role": "user", "content": [text]}])
    assert alone == meter.completion_tokens("claude-opus-5", "one two three")
    assert meter.count_texts("claude-opus-5", [{"role": "user", "content": [text, image]}]) == alone
