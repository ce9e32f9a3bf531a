"""Which beginnings are written: what comes again is, what does not stops after a few tries."""

from typing import Any

import msgspec

from libs.common.contracts.events import TokenClasses
from services.gateway.domain.prefix_writes import Breakpoints, Gaps, Place, Rates, lifetime
from services.gateway.state.prefix_reuse import PrefixReuse

PLACE = Place("org", "key", "m")
RATES = Rates(read=0.1, write=1.25, write_1h=2.0)


class Prompt(msgspec.Struct, frozen=True, kw_only=True):
    shape: bytes = b"s"
    conversation: bytes = b"c"
    fixed: int = 3_000
    earlier: int = 0
    newest: int = 100
    continues: bool = False

    def with_breakpoints(self, lifetime: Any, *, turns: bool) -> bytes:
        return b""


class Played:
    def __init__(self) -> None:
        self.now = 0.0
        self.reuse = PrefixReuse(lambda: self.now)

    def ask(
        self, after: float, *, read: int = 0, written: int = 0, place: Place = PLACE, **prompt: Any
    ) -> Breakpoints | None:
        self.now += after
        made = self.reuse.decide(place, Prompt(**prompt), RATES)
        if made is not None:
            self.reuse.note(made, TokenClasses(cache_read=read, cache_write_5m=written))
        return made


def test_a_first_request_writes_only_what_is_long() -> None:
    assert Played().ask(0, fixed=1_900) is None
    made = Played().ask(0)
    assert made is not None
    assert (made.lifetime, made.turns) == ("5m", False)


def test_a_conversation_that_goes_on_is_cached_whole() -> None:
    played = Played()
    assert played.ask(0, fixed=50, newest=800) is None
    made = played.ask(20, fixed=50, earlier=900, newest=200, continues=True, written=1_150)
    assert made is not None
    assert made.turns


def test_what_nobody_reads_is_not_written_a_third_time() -> None:
    played = Played()
    found = [played.ask(30, conversation=bytes([at]), written=3_000) for at in range(40)]
    assert sum(one is not None for one in found) == 2


def test_prompts_that_are_all_different_cost_three_tries_a_day() -> None:
    played = Played()
    found = [played.ask(1, shape=bytes([at]), conversation=bytes([at]), written=3_000) for at in range(200)]
    assert sum(one is not None for one in found) == 3
    played.now += 86_400
    found = [played.ask(1, shape=bytes([at, 1]), conversation=bytes([at]), written=3_000) for at in range(200)]
    assert 0 < sum(one is not None for one in found) <= 3


def test_one_application_that_comes_again_speaks_for_others() -> None:
    played = Played()
    played.ask(0, written=3_000)
    played.ask(5, read=3_000)
    found = [played.ask(1, shape=bytes([at]), conversation=bytes([at]), written=3_000) for at in range(20)]
    assert sum(one is not None for one in found) == 6


def test_an_application_that_comes_seldom_is_left_alone() -> None:
    played = Played()
    found = [played.ask(10_800, conversation=bytes([at]), written=3_000) for at in range(30)]
    assert sum(one is not None for one in found) <= 2


def test_what_was_written_is_read_even_where_nothing_new_would_be() -> None:
    played = Played()
    for at in range(2):
        played.ask(5, shape=b"x", conversation=bytes([at]), fixed=10, earlier=4_000, continues=True, written=4_000)
    assert played.ask(5, shape=b"x", conversation=b"new", fixed=10, earlier=4_000, continues=True) is None
    assert played.ask(5, shape=b"x", conversation=bytes([0]), fixed=10, earlier=4_100, continues=True) is not None


def test_one_organization_s_traffic_says_nothing_of_another_s() -> None:
    played = Played()
    for at in range(5):
        played.ask(1, shape=bytes([at]), conversation=bytes([at]), written=3_000)
    assert played.reuse.decide(Place("another", "key", "m"), Prompt(), RATES) is not None


def test_what_one_model_or_account_has_cached_another_has_not() -> None:
    for elsewhere in (Place("org", "key", "another"), Place("org", "another", "m")):
        played = Played()
        turn: dict[str, Any] = {"fixed": 10, "earlier": 4_000, "continues": True}
        for at in range(2):
            played.ask(5, conversation=bytes([at]), written=4_000, **turn)
        assert played.ask(5, conversation=bytes([0]), **turn) is not None
        found = [played.ask(5, conversation=bytes([at]), place=elsewhere, written=4_000, **turn) for at in range(9)]
        assert sum(one is not None for one in found) == 2


def test_calls_that_failed_are_no_tries() -> None:
    played = Played()
    for at in range(9):
        assert played.ask(1, conversation=bytes([at])) is not None


def test_an_hour_where_gaps_are_long() -> None:
    assert lifetime(Gaps(0, 6, 0), RATES, kept=5_000, new=100) == "1h"
    assert lifetime(Gaps(0, 3, 0), RATES, kept=5_000, new=100) == "5m"
    assert lifetime(Gaps(60, 1, 0), RATES, kept=5_000, new=100) == "5m"
    assert lifetime(Gaps(0, 0, 20), RATES, kept=5_000, new=100) is None
    assert lifetime(Gaps(0, 6, 0), Rates(read=0.1, write=1.25, write_1h=None), kept=5_000, new=0) == "5m"
    assert lifetime(Gaps(0, 30, 0), Rates(read=0.1, write=1.25, write_1h=None), kept=5_000, new=0) is None
