"""The arithmetic of a rate limit that several gateways share."""

from hypothesis import given
from hypothesis import strategies as st

from services.gateway.domain.rate_limit import Window, block_of


def test_a_gateway_that_had_none_takes_it_that_they_came_evenly() -> None:
    window = Window(limit=100, previous=80, current=10, elapsed=15)
    assert window.free() == 100 - 60 - 10


def test_a_burst_counts_whole_until_it_is_a_minute_old() -> None:
    burst = Window(limit=100, previous=100, current=0, elapsed=30, own=((50.0, 40),), own_previous=40)
    assert burst.free() == 0
    assert burst.free(9.9) == 0
    assert burst.free(10) == 100
    assert burst.wait == 10


def test_a_minute_that_was_overrun_counts_as_full_and_not_as_more() -> None:
    assert Window(limit=100, previous=900, current=0, elapsed=30).free() == 50


_OWN = st.lists(st.tuples(st.floats(0, 60), st.integers(1, 50)), max_size=20).map(tuple)


@given(st.integers(1, 100_000), st.integers(0, 200_000), st.integers(0, 100_000), st.floats(0, 59.9), _OWN)
def test_there_is_always_an_end_to_waiting(
    limit: int, previous: int, current: int, elapsed: float, own: tuple[tuple[float, int], ...]
) -> None:
    own_previous = sum(count for ago, count in own if ago > elapsed)
    window = Window(
        limit=limit, previous=previous, current=min(current, limit), elapsed=elapsed, own=own, own_previous=own_previous
    )
    assert 1 <= window.wait <= 120
    assert window.free(window.wait) >= 1
    assert window.free(0) <= window.free(30) <= window.free(60) <= limit


def test_a_block_is_a_fiftieth() -> None:
    assert [block_of(limit) for limit in (1, 49, 500, 100_000)] == [1, 1, 10, 2000]
