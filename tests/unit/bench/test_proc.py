"""What is read from /proc."""

import os

from hypothesis import given
from hypothesis import strategies as st

from bench import proc
from bench.proc import Process

_STAT = (
    "4242 ({name}) S 17 4242 4242 0 -1 4194560 5000 90 0 0 {user} {system} {waited} {reaped} 20 0 9 0 1234 600000000 "
    "25000 18446744073709551615 1 1 0 0 0 0 0 16781312 17442 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0"
)


@given(name=st.text(st.characters(blacklist_characters="\n\0", codec="utf-8"), max_size=15))
def test_a_name_cannot_shift_the_fields(name: str) -> None:
    found = proc.parse_stat(_STAT.format(name=name, user=700, system=50, waited=30, reaped=20))
    ticks = os.sysconf("SC_CLK_TCK")
    expected = Process(pid=4242, parent=17, cpu=800 / ticks, resident=25000 * os.sysconf("SC_PAGE_SIZE"))
    assert found == expected


def test_proportional_memory_is_in_bytes() -> None:
    rollup = "55d0c8a00000-7ffd 00000000 00:00 0 [rollup]\nRss:      9000 kB\nPss:      1500 kB\nPss_Dirty:  700 kB\n"
    assert proc.parse_proportional(rollup) == 1500 * 1024


def test_a_family_is_everyone_below_and_nobody_else() -> None:
    def one(pid: int, parent: int) -> Process:
        return Process(pid=pid, parent=parent, cpu=0, resident=0)

    # Listed youngest first, as a reused process id can make it happen.
    processes = [one(30, 20), one(20, 10), one(10, 1), one(11, 1), one(21, 11), one(1, 0)]
    assert {process.pid for process in proc.family(10, processes)} == {10, 20, 30}
    assert proc.family(99, processes) == []


def test_this_process_is_found_with_its_own_figures() -> None:
    parts = {"tests": os.getpid()}
    before = proc.cpu_of(parts)["tests"]
    began = sum(os.times()[:2])
    while sum(os.times()[:2]) < began + 0.03:
        sum(range(10_000))
    assert proc.cpu_of(parts)["tests"] > before
    assert proc.memory_of(parts)["tests"] > 10 << 20
