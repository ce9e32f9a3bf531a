"""The shapes of what is told about levers and the cache."""

from datetime import datetime
from typing import Any, Final, Literal, get_args

from libs.common.contracts.auth import Level
from libs.common.contracts.optimizer import Lever, Outcome
from services.auth.domain.diff import Piece
from services.auth.http.openapi.answers import Answer

Kind = Literal["prose", "data", "structured", "code", "layout", "unknown"]

LEVEL: Final = {
    "name": "x-promptly-level",
    "in": "header",
    "description": "Another level than the organisation's.",
    "schema": {"type": "string", "enum": list(get_args(Level))},
}


class PreviewLever(Answer, frozen=True, kw_only=True):
    """What a lever would take away."""

    lever: Lever
    tokens_saved: int
    savings_usd: float | None


class PreviewStep(Answer, frozen=True, kw_only=True):
    """What became of one step of a lever, and why; `message` is the position of the message it is about."""

    step: str
    lever: Lever
    outcome: Outcome
    tokens_saved: int
    message: int | None
    reason: str


class PreviewPart(Answer, frozen=True, kw_only=True):
    """What the `part`-th text of a message is. `left_alone` says why levers leave it, or some of it, as it came."""

    message: int
    part: int
    role: str
    kinds: list[Kind]
    left_alone: str


class MessageChange(Answer, frozen=True, kw_only=True):
    """One message: `position` is its place in the request, null for one that is put in."""

    position: int | None
    role: str
    change: Literal["kept", "changed", "removed", "added"]
    text: list[Piece]


class Preview(Answer, frozen=True, kw_only=True):
    """The request as it would be sent. Costs are the prompt's alone, null where the model's price is unknown."""

    model: str
    level: Level
    original_tokens: int
    optimized_tokens: int
    tokens_saved: int
    exact_tokens: bool
    cost_before_usd: float | None
    cost_after_usd: float | None
    savings_usd: float | None
    levers: list[PreviewLever]
    steps: list[PreviewStep]
    parts: list[PreviewPart]
    left_out: dict[str, int]
    messages: list[dict[str, Any]]
    diff: list[MessageChange]


class Hit(Answer, frozen=True, kw_only=True):
    """A question that got another question's answer; both are named by their requests, no text of theirs is kept."""

    request_id: str
    source_request_id: str | None
    entry_id: str | None
    similarity: float | None
    model: str
    time: datetime
    savings_usd: float | None


class Hits(Answer, frozen=True, kw_only=True):
    """Newest first."""

    hits: list[Hit]
    next_cursor: str | None


_ENTRY_ID: Final = "0b4d2c1e-6a57-5a0f-9d53-1c7f6a0e5b21"
_TIME: Final = "2026-08-01T09:30:00.000Z"
EXAMPLES: Final[dict[str, Any]] = {
    "Preview": {
        "model": "gpt-4o",
        "level": "moderate",
        "original_tokens": 18,
        "optimized_tokens": 16,
        "tokens_saved": 2,
        "exact_tokens": True,
        "cost_before_usd": 0.000045,
        "cost_after_usd": 0.00004,
        "savings_usd": 0.000005,
        "levers": [{"lever": "whitespace", "tokens_saved": 2, "savings_usd": 0.000005}],
        "steps": [
            {
                "step": "blanks",
                "lever": "whitespace",
                "outcome": "applied",
                "tokens_saved": 2,
                "message": 0,
                "reason": "",
            }
        ],
        "parts": [{"message": 0, "part": 0, "role": "user", "kinds": ["prose"], "left_alone": ""}],
        "left_out": {},
        "messages": [{"role": "user", "content": "What is the capital\nof France?"}],
        "diff": [
            {
                "position": 0,
                "role": "user",
                "change": "changed",
                "text": [
                    {"op": "same", "text": "What is the capital"},
                    {"op": "removed", "text": "\n\n\n\n"},
                    {"op": "added", "text": "\n"},
                    {"op": "same", "text": "of France?"},
                ],
            }
        ],
    },
    "Hits": {
        "hits": [
            {
                "request_id": "req_" + "5" * 32,
                "source_request_id": "req_" + "4" * 32,
                "entry_id": _ENTRY_ID,
                "similarity": 0.962,
                "model": "gpt-4o",
                "time": _TIME,
                "savings_usd": 0.00058,
            }
        ],
        "next_cursor": None,
    },
    "CacheFeedback": {"entry_id": _ENTRY_ID, "wrong": True},
    "TakenBack": {"entry_id": _ENTRY_ID, "evicted": True, "blocked_pairs": 1},
}
