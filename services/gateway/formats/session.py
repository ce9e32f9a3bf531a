"""Which conversation a request belongs to, as far as its client says so."""

from collections.abc import Mapping

import msgspec

from libs.common.contracts.base import DECODE_ERRORS

# Claude Code's, Codex's two and opencode's, in this order.
_HEADERS = ("x-claude-code-session-id", "thread-id", "session-id", "x-session-id")


class _UserId(msgspec.Struct, frozen=True):
    session_id: str | None = None


def session_of(headers: Mapping[str, str], *otherwise: str | None) -> str | None:
    """The session that a client's headers (lower-case) name, else the first of `otherwise` that is there; None: nobody says."""
    named = (headers.get(name) for name in _HEADERS)
    return next(filter(None, (*named, *otherwise)), None)


def agent_of(headers: Mapping[str, str]) -> str | None:
    """The subagent that speaks, which is a session of its own."""
    return headers.get("x-claude-code-agent-id") or None


def session_of_user(user_id: str | None) -> str | None:
    """The session that Claude Code writes into its user's id; None where it is not such an id."""
    if user_id is None or not user_id.startswith("{"):
        return None
    try:
        return msgspec.json.decode(user_id, type=_UserId).session_id
    except (*DECODE_ERRORS, RecursionError):
        return None
