"""Examples of answers, for the document."""

from typing import Final

import msgspec

from services.auth.captures import schemas
from services.auth.optimization.domain.diff import Piece
from services.auth.optimization.schemas import MessageChange, SettingsChange

_CAPTURE: Final = schemas.Capture(
    id="req_" + "7" * 32, kind="chat", time="2026-08-01T09:30:00.000Z", user_id="usr_" + "7" * 32, bytes=96
)
EXAMPLES: Final[tuple[msgspec.Struct, ...]] = (
    _CAPTURE,
    schemas.Captures(captures=(_CAPTURE,), total=1),
    schemas.CaptureText(
        capture=_CAPTURE,
        body=msgspec.Raw(
            b'{"model":"gpt-4o","messages":[{"role":"user","content":"What is the capital of Portugal?"}]}'
        ),
    ),
    schemas.Erased(erased=1),
    schemas.ReplayBody(settings=SettingsChange(level="aggressive"), days=7),
    schemas.ReplayResult(
        from_="2026-07-25T09:30:00.000Z",
        to="2026-08-01T09:30:00.000Z",
        captured=812,
        replayed=810,
        refused={"model_not_found": 2},
        changed_share=0.41,
        exact_hits=61,
        semantic_hits=20,
        unpriced=0,
        as_asked_usd=9.81,
        actual_usd=7.42,
        predicted_usd=6.05,
        input_tokens_before=3_204_113,
        input_tokens_after=2_611_904,
        levers=(schemas.ReplayLever(lever="caching", tokens=0, savings_usd=1.12),),
        models={"gpt-4o": 601, "gpt-4o-mini": 128, "cache": 81},
        degraded=(),
        examples=(
            schemas.Example(
                id="req_" + "7" * 32,
                requested_model="gpt-4o",
                model="gpt-4o",
                cache=None,
                tokens_before=31,
                tokens_after=29,
                as_asked_usd=0.00021,
                actual_usd=0.00021,
                predicted_usd=0.000205,
                diff=(
                    MessageChange(
                        position=0,
                        role="user",
                        change="changed",
                        text=(Piece(op="same", text="Which ship?"), Piece(op="removed", text="   ")),
                    ),
                ),
            ),
        ),
    ),
)
