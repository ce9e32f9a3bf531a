"""A store bounded in bytes, in all and for each owner."""

from hypothesis import given
from hypothesis import strategies as st

from libs.common.byte_lru import ByteLru


def test_the_least_recently_used_goes_first() -> None:
    store = ByteLru[str, int](10_000, share=1.0)
    for number in range(10):
        store.put(str(number), number, 800)
    assert store.get("0") == 0
    store.put("new", 10, 800)
    assert store.get("1") is None
    assert (store.get("0"), store.get("new")) == (0, 10)


def test_one_owner_takes_nothing_of_another_s() -> None:
    store = ByteLru[str, bytes](100_000)
    store.put("theirs", b"", 1_000, "victim")
    for number in range(1_000):
        store.put(f"mine-{number}", b"", 1_000, "greedy")
    assert store.get("theirs") is not None
    assert store.bytes <= 25_000 + 1_200
    store.put("huge", b"", 90_000, "greedy")
    assert store.get("huge") is None


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3_000), st.sampled_from("abcd"))))
def test_it_never_holds_more_than_it_may(puts: list[tuple[int, int, str]]) -> None:
    store = ByteLru[int, int](8_000)
    for key, size, owner in puts:
        store.put(key, size, size, owner)
        assert store.bytes <= 8_000
    for owner in "abcd":
        for key, value in store.of(owner):
            assert store.pop(key) == value
    assert (store.bytes, len(store)) == (0, 0)
