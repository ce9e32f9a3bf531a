"""Examples of bodies and answers, for the document."""

from typing import Final

import msgspec

from libs.common.contracts.experiments import LeverEffect, MeasuredInterval, QualityDifference
from services.auth.experiments import schemas

EXAMPLES: Final[tuple[msgspec.Struct, ...]] = (
    schemas.HoldoutChange(share=0.05, levers={"effort": 0.5}),
    schemas.Holdout(share=0.05, levers={"effort": 0.5}),
    schemas.HoldoutResults(
        from_="2026-07-04T09:30:00.000Z",
        to="2026-08-01T09:30:00.000Z",
        status="measured",
        share=0.05,
        measured=MeasuredInterval(value=0.23, low=0.19, high=0.27, always_valid_low=0.16, always_valid_high=0.29),
        estimated=0.31,
        conversations_treated=7691,
        conversations_control=412,
        unpriced_conversations=0,
        mixed_conversations=0,
        quality=(
            QualityDifference(
                name="reask",
                treated=0.031,
                control=0.029,
                difference=MeasuredInterval(
                    value=0.002, low=-0.015, high=0.019, always_valid_low=-0.025, always_valid_high=0.029
                ),
            ),
        ),
        levers=(
            LeverEffect(
                lever="effort",
                conversations_on=3790,
                conversations_off=3901,
                measured=MeasuredInterval(
                    value=0.08, low=0.05, high=0.11, always_valid_low=0.04, always_valid_high=0.12
                ),
                reask=None,
            ),
        ),
    ),
    schemas.AuditLog(
        entries=(
            schemas.AuditRow(
                id="aud_" + "7" * 32,
                time="2026-08-01T09:30:00.000Z",
                actor="guard",
                action="lever_switched_off",
                before={"context_pruning": True},
                after={"context_pruning": False},
                reason="Asked again within ten minutes: 9.1% of 7,691 conversations with levers, 3.0% of 412 without.",
            ),
        )
    ),
)
