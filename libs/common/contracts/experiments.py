"""What experiments have shown: savings and quality, by conversation, against those that ran without levers. Analytics answers with it."""

from typing import Literal

import msgspec

from libs.common.contracts.levers import LeverName


class ExperimentQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The conversations of an organization's experiment in a stretch of time."""

    org_id: str
    from_ms: int
    to_ms: int


class MeasuredInterval(msgspec.Struct, frozen=True, kw_only=True):
    """An estimate with its 95 % interval for a single look, and the one that holds however often somebody looks."""

    value: float
    low: float
    high: float
    always_valid_low: float
    always_valid_high: float


QualityName = Literal["reask", "bad_feedback", "error", "cancelled_stream", "turns", "output_tokens"]


class QualityDifference(msgspec.Struct, frozen=True, kw_only=True):
    """Something by conversation, on both sides: the share of conversations that had one, or a mean count. `difference` is treated −
    control, of a lever with an arm of its own with it − without it. `harmful`: worse by more than `margin`, at the always-valid interval;
    a margin of 0 is none.
    """

    name: QualityName
    treated: float
    control: float
    difference: MeasuredInterval
    harmful: bool = False
    margin: float = 0.0


class LeverEffect(msgspec.Struct, frozen=True, kw_only=True):
    """What one lever saved, against the conversations that its own lot left without it; the other levers were on or off on both sides
    alike. None where a side has fewer than thirty conversations.
    """

    lever: LeverName
    conversations_on: int
    conversations_off: int
    measured: MeasuredInterval | None
    reask: QualityDifference | None


class ExperimentResults(msgspec.Struct, frozen=True, kw_only=True):
    """What the levers saved. `measured` is a share of the cost, against the conversations held out; `estimated` is the receipts' own
    sum of the treated conversations. The two are never mixed. Below thirty conversations a side there is no figure. Conversations with an
    unknown price are counted in `unpriced`, not in the savings; those that changed sides are in `mixed`, and in nothing else.
    `levers` are those with arms of their own; a conversation without one of them is not among the treated. `suspect`, where asking again
    is harmful, is the lever whose own arm shows it, else the one with the most of it in the conversations that it acted on.
    """

    status: Literal["not_enough", "measured"]
    measured: MeasuredInterval | None
    estimated: float | None
    conversations_treated: int
    conversations_control: int
    unpriced: int
    mixed: int
    quality: tuple[QualityDifference, ...]
    suspect: LeverName | None = None
    levers: tuple[LeverEffect, ...] = ()
