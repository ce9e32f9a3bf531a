"""A memory that is bounded in bytes, for each owner and in all."""

from hypothesis import given
from hypothesis import strategies as st

from libs.common.byte_store import ByteStore

PUTS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9), st.integers(0, 60)), max_size=80)


@given(PUTS)
def test_it_never_holds_more_than_it_may(puts: list[tuple[str, int, int]]) -> None:
    store: ByteStore[int, int] = ByteStore(100, 40)
    kept: dict[tuple[str, int], int] = {}
    for owner, key, size in puts:
        store.put(owner, key, size, size)
        kept[owner, key] = size
        assert store.bytes <= 100
        assert all(store.held(one) <= 40 for one in "abc")
        assert store.bytes == sum(store.held(one) for one in "abc")
        assert store.get(owner, key) == (size if size <= 40 else None)
    held = {where: store.get(*where) for where in kept}
    assert all(value in (None, kept[where]) for where, value in held.items())
    assert len(store) == sum(value is not None for value in held.values())


def test_the_least_recently_used_goes_first() -> None:
    store: ByteStore[str, str] = ByteStore(30, 20)
    store.put("a", "old", "1", 10)
    store.put("a", "older", "2", 10)
    assert store.get("a", "old") == "1"
    store.put("a", "new", "3", 10)
    assert (store.get("a", "older"), store.get("a", "old")) == (None, "1")


def test_one_owner_pushes_out_its_own_before_another_ones() -> None:
    store: ByteStore[int, int] = ByteStore(30, 20)
    store.put("quiet", 0, 0, 10)
    for n in range(100):
        store.put("loud", n, n, 10)
    assert store.get("quiet", 0) == 0
