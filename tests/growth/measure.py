"""Whether a reader's time grows with its text and no faster, in processor time, so that a busy machine changes little."""

import gc
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from statistics import median

from tests.growth.families import Make

MOST = 2.3  # times as long for twice the text
FLOOR = 0.012  # seconds: what is faster says nothing
_SEEN = 0.002  # seconds: what a time is taken to be at least, for one that is less is the clock's
_TOO_MUCH = 1.5  # seconds: nothing larger is tried
_SURE = 0.5  # seconds: a steep time of this is no noise
_LARGEST = 1 << 20
_IN_A_ROW = 2
_TRIES = 4


@dataclass(frozen=True, slots=True)
class Growth:
    """The best times in seconds by size, smallest first; `steep`: several doublings in a row took more than `MOST` times as long."""

    sizes: tuple[int, ...]
    seconds: tuple[float, ...]
    steep: bool

    def __str__(self) -> str:
        return "  ".join(f"{size}: {1000 * took:.1f} ms" for size, took in zip(self.sizes, self.seconds, strict=True))


@dataclass(frozen=True, slots=True)
class Sizes:
    """In characters. A text of `screen` that takes no more than `times_usual` as long as most is not tried any further."""

    screen: int
    smallest: int
    largest: int
    times_usual: float


def growths(
    run: Callable[[str], object], families: Mapping[str, Make], sizes: Sizes, fresh: Callable[[], None]
) -> dict[str, Growth]:
    """Look at each family once, and double the text of those that take long, beside the others too. `fresh` forgets what was
    remembered of earlier texts.

    What looks steep is measured again, each size several times and the best of it taken, before it is called so.
    """
    first = {name: _timed(run, make(sizes.screen), fresh) for name, make in families.items()}
    usual = max(FLOOR, sizes.times_usual * median(first.values()))
    return {name: _growth(run, families[name], sizes, fresh) for name, took in first.items() if took > usual}


def _growth(run: Callable[[str], object], make: Make, sizes: Sizes, fresh: Callable[[], None]) -> Growth:
    tried = list(_doubled(sizes.smallest, sizes.largest))
    best: list[float] = []
    for size in tried:
        best.append(_timed(run, make(size), fresh))
        if best[-1] > _TOO_MUCH:
            break
    tried = tried[: len(best)]
    for _ in range(_TRIES):
        if not _steep(best):
            break
        for at, size in enumerate(tried):
            if best[at] < _TOO_MUCH:
                best[at] = min(best[at], _timed(run, make(size), fresh))
    # What really grows too fast goes on to do so: noise in some milliseconds does not.
    while _steep(best) and best[-1] < _SURE and tried[-1] < _LARGEST:
        tried.append(2 * tried[-1])
        best.append(min(_timed(run, make(tried[-1]), fresh) for _ in range(2)))
    return Growth(tuple(tried), tuple(best), steep=_steep(best))


def _doubled(smallest: int, largest: int) -> Iterator[int]:
    size = smallest
    while size <= largest:
        yield size
        size *= 2


def _steep(seconds: list[float]) -> bool:
    """Whether the last doublings all took too long. The time before the first of them must be one that can be measured."""
    if len(seconds) <= _IN_A_ROW:
        return False
    last = seconds[-_IN_A_ROW - 1 :]
    return last[-1] > FLOOR and all(
        after > MOST * max(before, _SEEN) for before, after in zip(last, last[1:], strict=False)
    )


def _timed(run: Callable[[str], object], text: str, fresh: Callable[[], None]) -> float:
    fresh()
    enabled = gc.isenabled()
    gc.disable()
    try:
        began = time.process_time()
        run(text)
        return time.process_time() - began
    finally:
        if enabled:
            gc.enable()
