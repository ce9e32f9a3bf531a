"""Examples of bodies and answers, for the document."""

from typing import Final
from uuid import UUID

import msgspec

from libs.common.contracts.auth import OptimizationSettings
from libs.common.contracts.cache import CacheStats, Cleared
from services.auth.optimization import schemas
from services.auth.optimization.cache_feedback import WrongAnswerRemoved
from services.auth.optimization.domain.diff import Piece

_TIME: Final = "2026-08-01T09:30:00.000Z"
EXAMPLES: Final[tuple[msgspec.Struct, ...]] = (
    schemas.CacheFeedback(entry_id=UUID("0b4d2c1e-6a57-5a0f-9d53-1c7f6a0e5b21"), wrong=True),
    CacheStats(exact_entries=12, semantic_entries=140, total_entries=152),
    Cleared(cleared=152),
    schemas.Hits(
        hits=(
            schemas.Hit(
                request_id="req_" + "5" * 32,
                source_request_id="req_" + "4" * 32,
                entry_id="0b4d2c1e-6a57-5a0f-9d53-1c7f6a0e5b21",
                similarity=0.962,
                model="gpt-4o",
                time=_TIME,
                savings_usd=0.00058,
            ),
        ),
        next_cursor=None,
    ),
    OptimizationSettings(),
    schemas.Preview(
        model="gpt-4o",
        level="moderate",
        original_tokens=18,
        optimized_tokens=16,
        tokens_saved=2,
        exact_tokens=True,
        cost_before_usd=4.5e-05,
        cost_after_usd=4e-05,
        savings_usd=5e-06,
        levers=(schemas.PreviewLever(lever="whitespace", tokens_saved=2, savings_usd=5e-06),),
        steps=(
            schemas.PreviewStep(
                step="blanks", lever="whitespace", outcome="applied", tokens_saved=2, message=0, reason=""
            ),
        ),
        parts=(schemas.PreviewPart(message=0, part=0, role="user", kinds=("prose",), left_alone=""),),
        left_out={},
        messages=[{"role": "user", "content": "What is the capital\nof France?"}],
        diff=(
            schemas.MessageChange(
                position=0,
                role="user",
                change="changed",
                text=(
                    Piece(op="same", text="What is the capital"),
                    Piece(op="removed", text="\n\n\n\n"),
                    Piece(op="added", text="\n"),
                    Piece(op="same", text="of France?"),
                ),
            ),
        ),
        definitions=(),
    ),
    schemas.SettingsChange(level="aggressive", cache_ttl_seconds=7200),
    WrongAnswerRemoved(entry_id="0b4d2c1e-6a57-5a0f-9d53-1c7f6a0e5b21", evicted=True, blocked_pairs=1),
)
