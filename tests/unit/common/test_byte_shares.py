"""Bytes under way: nobody finds them all taken by somebody else."""

from contextlib import ExitStack

from libs.common.byte_shares import ByteShares


def test_one_owner_gets_half_and_others_what_is_free() -> None:
    shares = ByteShares(120)
    with ExitStack() as held:

        def fill(owner: str) -> int:
            for count in range(100):
                if not held.enter_context(shares.taken(owner, 10)):
                    return count
            return 100

        assert (fill("greedy"), fill("second"), fill("third")) == (6, 3, 1)
        assert not held.enter_context(shares.taken("fourth", 30))
    with shares.taken("greedy", 60) as room:
        assert room


def test_what_was_taken_is_given_back_also_by_who_fails() -> None:
    shares = ByteShares(20)
    for _ in range(3):
        try:
            with shares.taken("one", 10) as room:
                assert room
                raise ValueError
        except ValueError:
            pass
    with shares.taken("one", 11) as room:
        assert not room
