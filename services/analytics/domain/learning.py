"""What routed requests teach about an organization's stronger models: sums in which older requests fade. No prompt is in them."""

import math
from collections.abc import Sequence

import msgspec

from libs.common.contracts.router import Learned

BINS = 40
REACH = 8.0
# A fresh sum forgets half of itself in 700 requests, or in 3,500 labels: traffic changes sooner than what models can do.
_TRAFFIC_FADES = 0.999
_LABELS_FADE = 0.9998


class Routed(msgspec.Struct, frozen=True, kw_only=True):
    """A routed request, once it is known how its answer was taken. `features` is what the router sent: the gain first.

    `lowered`: another model than the requested one answered; only then does `failed`, 1 for an answer that was not good
    enough and else 0, say something about the gain.
    """

    org_id: str
    features: tuple[float, ...]
    lowered: bool
    failed: float


def add(before: Learned | None, routed: Sequence[Routed]) -> Learned:
    """The sums with these requests, of one organization, in order of time. Features of another number begin afresh."""
    sums = before
    for one in routed:
        gain, *features = one.features
        if sums is None or sums.features != len(features):
            sums = empty(len(features))
        histogram = [count * _TRAFFIC_FADES for count in sums.histogram]
        histogram[_bin(gain)] += 1.0
        sums = msgspec.structs.replace(sums, requests=sums.requests * _TRAFFIC_FADES + 1.0, histogram=tuple(histogram))
        if one.lowered:
            sums = _labelled(sums, [*features, 1.0], failed=one.failed)
    assert sums is not None, "nothing was added to nothing"
    return sums


def empty(features: int) -> Learned:
    """Sums of nothing."""
    size = features + 1
    return Learned(
        features=features,
        histogram=(0.0,) * BINS,
        reach=REACH,
        products=(0.0,) * (size * (size + 1) // 2),
        answers=(0.0,) * size,
    )


def _labelled(sums: Learned, x: list[float], *, failed: float) -> Learned:
    outer = (left * right for at, left in enumerate(x) for right in x[at:])
    return msgspec.structs.replace(
        sums,
        labels=sums.labels * _LABELS_FADE + 1.0,
        products=tuple(old * _LABELS_FADE + new for old, new in zip(sums.products, outer, strict=True)),
        answers=tuple(old * _LABELS_FADE + failed * new for old, new in zip(sums.answers, x, strict=True)),
    )


def _bin(gain: float) -> int:
    return min(max(math.floor((gain + REACH) * BINS / (2 * REACH)), 0), BINS - 1)
