"""Bodies and answers about experiments. Shares and savings are 0 to 1."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

import msgspec
from msgspec import UNSET, Meta, UnsetType

from libs.common.contracts.experiments import ExperimentResults, LeverEffect, MeasuredInterval, QualityDifference
from libs.common.contracts.levers import LeverName
from services.auth.domain.audit import AuditAction, AuditEntry
from services.auth.schemas import Answer, Time, iso, iso_ms

LeverArmShare = Annotated[float, Meta(ge=0, le=0.5)]
HoldoutShare = Annotated[float, Meta(ge=0, le=0.2)]


class HoldoutChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The share of the conversations that is to run without levers; 0 switches the experiment off. `levers` are the levers that are to have
    an arm of their own: of the conversations with levers, which share is to run without that one. Both stay as they are where they
    are left out; `levers` replaces all arms.
    """

    share: HoldoutShare | UnsetType = UNSET
    levers: dict[LeverName, LeverArmShare] | UnsetType = UNSET
    unit: Literal["conversation"] = "conversation"


class Holdout(Answer, frozen=True, kw_only=True):
    """The share of the conversations that runs without levers, and of the others those without each lever that has an arm of its own."""

    share: HoldoutShare
    levers: dict[LeverName, LeverArmShare]
    unit: Literal["conversation"] = "conversation"


class HoldoutResults(Answer, frozen=True, kw_only=True):
    """What the levers saved in a period. `measured` is against the conversations held out, `estimated` the receipts' own sum; both are
    shares of the cost, and null where there is no such figure.
    """

    from_: Time = msgspec.field(name="from")
    to: Time
    status: Literal["off", "not_enough", "measured"]
    share: HoldoutShare
    measured: MeasuredInterval | None
    estimated: float | None
    conversations_treated: int
    conversations_control: int
    unpriced_conversations: int
    mixed_conversations: int
    quality: tuple[QualityDifference, ...]
    levers: tuple[LeverEffect, ...]

    @classmethod
    def of(cls, found: ExperimentResults, share: float, from_ms: int, to_ms: int) -> Self:
        """From what analytics found."""
        none = not share and not found.conversations_control and not found.levers
        return cls(
            from_=iso_ms(from_ms),
            to=iso_ms(to_ms),
            status="off" if none else found.status,
            share=share,
            measured=found.measured,
            estimated=found.estimated,
            conversations_treated=found.conversations_treated,
            conversations_control=found.conversations_control,
            unpriced_conversations=found.unpriced,
            mixed_conversations=found.mixed,
            quality=found.quality,
            levers=found.levers,
        )


class AuditQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many of the latest changes."""

    limit: Annotated[int, Meta(ge=1, le=200)] = 50


class AuditRow(Answer, frozen=True, kw_only=True):
    """One change; `actor` is the id of a user or a control-plane key, or "guard"."""

    id: str
    time: Time
    actor: str
    action: AuditAction
    before: dict[str, Any]
    after: dict[str, Any]
    reason: str | None


class AuditLog(Answer, frozen=True, kw_only=True):
    """Newest first."""

    entries: tuple[AuditRow, ...]

    @classmethod
    def of(cls, entries: Sequence[AuditEntry]) -> Self:
        """From the rows that are kept."""
        return cls(
            entries=tuple(
                AuditRow(
                    id=one.id,
                    time=iso(one.at),
                    actor=one.actor,
                    action=one.action,
                    before=one.before,
                    after=one.after,
                    reason=one.reason,
                )
                for one in entries
            )
        )
