"""RouteLLM's figures for a ranking: how much of the gap between two models each share of strong calls closes."""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from bench.router.questions import Question

Numbers = NDArray[np.float64]


class Ranking(msgspec.Struct, frozen=True, kw_only=True):
    """`apgr` is the mean share of the gap that is closed, over all shares of strong calls; a coin gets 0.5.

    `cpt50` and `cpt80` are the percent of strong calls that close 50 and 80 % of it, `at95` the percent that reaches 95 %
    of the strong model's score.
    """

    apgr: float
    cpt50: float
    cpt80: float
    at95: float


def scores(questions: Sequence[Question]) -> tuple[Numbers, Numbers]:
    """Of the weak and of the strong model."""
    return np.array([one.weak for one in questions], float), np.array([one.strong for one in questions], float)


def ranked(order: Numbers, weak: Numbers, strong: Numbers) -> Ranking:
    """The figures where the largest numbers go to the strong model first."""
    first = np.argsort(-order, kind="stable")
    share = np.arange(len(order) + 1) / len(order)
    return _figures(share, np.concatenate([[0.0], np.cumsum((strong - weak)[first])]), weak, strong)


def ranked_lazily(cheap: Numbers, full: Numbers, near: float, weak: Numbers, strong: Numbers) -> tuple[Ranking, float]:
    """As the router decides at each cut: by the full estimate where the cheap one is nearer to the cut than `near`.

    Also the share of prompts, over all cuts, for which the full estimate was needed.
    """
    cheap_at, full_at = _positions(cheap), _positions(full)
    points = []
    needed = []
    for cut in np.linspace(0, 1, 201):
        close = np.abs(cheap_at - cut) < near
        sent = np.where(close, full_at, cheap_at) >= cut
        points.append((float(sent.mean()), float((strong - weak)[sent].sum())))
        needed.append(float(close.mean()))
    share, gained = map(np.array, zip(*sorted([(0.0, 0.0), *points, (1.0, float((strong - weak).sum()))]), strict=True))
    return _figures(share, gained, weak, strong), float(np.mean(needed))


def _positions(values: Numbers) -> Numbers:
    """Each one's place in order, from 0 to 1."""
    places = np.empty(len(values))
    places[np.argsort(values, kind="stable")] = np.arange(len(values)) / len(values)
    return places


def _figures(share: Numbers, gained: Numbers, weak: Numbers, strong: Numbers) -> Ranking:
    closed = gained / (strong - weak).sum()
    quality = (weak.sum() + gained) / strong.sum()

    def first(reached: NDArray[np.bool_]) -> float:
        return 100 * float(share[int(np.argmax(reached))])

    return Ranking(
        apgr=float(np.trapezoid(closed, share)),
        cpt50=first(closed >= 0.5),
        cpt80=first(closed >= 0.8),
        at95=first(quality >= 0.95),
    )
