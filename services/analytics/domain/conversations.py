"""Conversations of an experiment, and what comes out of comparing its two sides."""

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Final

import msgspec
import numpy as np

from libs.common.contracts.events import Arm, LeverName, LeverShare
from libs.common.contracts.experiments import (
    ExperimentResults,
    LeverEffect,
    MeasuredInterval,
    QualityDifference,
    QualityName,
)
from services.analytics.domain.experiments import ALPHA, Measured, Numbers, difference, harms, saving, table

# Points by which asking again may be more frequent with the levers; see docs/what-the-figures-mean.md.
REASK_MARGIN: Final = 0.02
_QUALITY: Final[tuple[QualityName, ...]] = (
    *("reask", "bad_feedback", "error", "cancelled_stream"),
    *("turns", "output_tokens"),
)
_MARGINS: Final[dict[QualityName, float]] = {"reask": REASK_MARGIN}
FirstCost = Callable[["Conversation"], int | None]


class Conversation(msgspec.Struct, frozen=True, kw_only=True):
    """One conversation: its first request (model requested, tokens as sent, when), what all cost, and whether something happened in it."""

    arm: Arm
    mixed: bool
    turns: int
    first_model: str
    first_tokens: int
    first_ms: int
    priced: bool
    cost_nano: float
    baseline_nano: float
    output_tokens: float
    reask: bool
    error: bool
    cancelled_stream: bool
    bad_feedback: bool
    receipts: tuple[tuple[LeverShare, ...], ...] = ()
    lever_arms: tuple[dict[LeverName, bool], ...] = ()

    @property
    def levers(self) -> frozenset[LeverName]:
        """Those that did something in it."""
        return frozenset(line.lever for lines in self.receipts for line in lines if line.tokens or line.nano_usd)

    def ran_with(self, lever: LeverName) -> bool | None:
        """Whether a lever with an arm of its own was on; None where it had none all the time, or changed sides."""
        said = {arms.get(lever) for arms in self.lever_arms}
        return said.pop() if len(said) == 1 else None

    @property
    def whole(self) -> bool:
        """Whether no lever was off by its own lot."""
        return all(all(arms.values()) for arms in self.lever_arms)


def results(conversations: Sequence[Conversation], first_cost: FirstCost) -> ExperimentResults:
    """Both sides compared. `first_cost` is what a conversation's first prompt costs at the requested price, which no lever changes."""
    whole = [one for one in conversations if not one.mixed]
    priced = [one for one in whole if one.priced]
    with_levers = [one for one in whole if one.arm == "treated"]
    sides = [[one for one in with_levers if one.whole], [one for one in whole if one.arm == "control"]]
    saved = saving(_costs(sides[0], first_cost), _costs(sides[1], first_cost))
    quality = tuple(found for name in _QUALITY if (found := _quality(name, sides[0], sides[1])) is not None)
    effects = _effects(with_levers, first_cost)
    return ExperimentResults(
        status="not_enough" if saved is None else "measured",
        measured=None if saved is None else _interval(saved),
        estimated=_estimated([one for one in sides[0] if one.priced]),
        conversations_treated=len(sides[0]),
        conversations_control=len(sides[1]),
        unpriced=len(whole) - len(priced),
        mixed=len(conversations) - len(whole),
        quality=quality,
        suspect=_harmful(effects) or (_suspect(sides[0]) if any(one.harmful for one in quality) else None),
        levers=effects,
    )


def _costs(side: Sequence[Conversation], first_cost: FirstCost) -> Numbers:
    return table([(one.cost_nano, first_cost(one) or 0) for one in side if one.priced])


def _effects(treated: Sequence[Conversation], first_cost: FirstCost) -> tuple[LeverEffect, ...]:
    """Each lever that has an arm of its own, by what it did where the others were as they were on either side."""
    levers = sorted(frozenset[LeverName]().union(*(arms for one in treated for arms in one.lever_arms)))
    return tuple(_effect(lever, treated, first_cost, ALPHA / len(levers)) for lever in levers)


def _effect(lever: LeverName, treated: Sequence[Conversation], first_cost: FirstCost, alpha: float) -> LeverEffect:
    on, off = ([one for one in treated if one.ran_with(lever) is side] for side in (True, False))
    saved = saving(_costs(on, first_cost), _costs(off, first_cost))
    return LeverEffect(
        lever=lever,
        conversations_on=len(on),
        conversations_off=len(off),
        measured=None if saved is None else _interval(saved),
        reask=_quality("reask", on, off, alpha),
    )


def _harmful(effects: Sequence[LeverEffect]) -> LeverName | None:
    """The lever that its own arm shows to do the most harm."""
    found = [(one.reask.difference.always_valid_low, one.lever) for one in effects if one.reask and one.reask.harmful]
    return max(found)[1] if found else None


def _suspect(treated: Sequence[Conversation]) -> LeverName | None:
    """The lever with the most conversations asked again, above the rate where it did not act. A suspicion: levers act together, and not
    on conversations drawn by lot.
    """
    excess: dict[LeverName, float] = {}
    for lever in frozenset[LeverName]().union(*(one.levers for one in treated)):
        acted = [one.reask for one in treated if lever in one.levers]
        others = [one.reask for one in treated if lever not in one.levers]
        rate = sum(others) / len(others) if others else 0.0
        excess[lever] = sum(acted) - rate * len(acted)
    return max(sorted(excess.items()), key=itemgetter(1))[0] if excess else None


def _quality(
    name: QualityName, treated: Sequence[Conversation], control: Sequence[Conversation], alpha: float = ALPHA
) -> QualityDifference | None:
    ours, theirs = (np.array([float(getattr(one, name)) for one in side]) for side in (treated, control))
    found = difference(ours, theirs, alpha)
    if found is None:
        return None
    margin = _MARGINS.get(name, 0.0)
    return QualityDifference(
        name=name,
        treated=float(ours.mean()),
        control=float(theirs.mean()),
        difference=_interval(found),
        harmful=margin > 0 and harms(found, margin),
        margin=margin,
    )


def _estimated(treated: Sequence[Conversation]) -> float | None:
    baseline = sum(one.baseline_nano for one in treated)
    return 1 - sum(one.cost_nano for one in treated) / baseline if baseline > 0 else None


def _interval(found: Measured) -> MeasuredInterval:
    return MeasuredInterval(
        value=found.fixed.value,
        low=found.fixed.low,
        high=found.fixed.high,
        always_valid_low=found.always_valid.low,
        always_valid_high=found.always_valid.high,
    )
