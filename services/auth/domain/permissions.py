"""Who may do what: the one table, which the web door asks before every request."""

from enum import Enum
from typing import Final

from libs.common.errors import Forbidden
from services.auth.domain.accounts import Caller, Role


class Action(Enum):
    """What a route needs; `PUBLIC` needs no token at all."""

    PUBLIC = "public"
    READ = "read"
    USE_KEYS = "make and change Promptly keys"
    WRITE_ALERTS = "change alerts"
    JUDGE_CACHE = "take cached answers back"
    MANAGE_PROVIDERS = "change provider keys"
    MANAGE_SETTINGS = "change settings and routing, or clear the cache"
    MANAGE_TEAM = "invite, change or remove members"
    MANAGE_ORG = "change or delete the organisation"


_MEMBER: Final = frozenset({Action.READ, Action.USE_KEYS, Action.WRITE_ALERTS, Action.JUDGE_CACHE})
ALLOWED: Final[dict[Role, frozenset[Action]]] = {
    "admin": frozenset(Action),
    "member": _MEMBER,
    "viewer": frozenset({Action.READ}),
}


def require(role: Role, action: Action) -> None:
    """Raises `Forbidden` unless the role may do it."""
    if action not in ALLOWED[role]:
        raise Forbidden(f"Your role ({role}) may not {action.value}; ask an admin of your organisation.")


def require_own_key(caller: Caller, created_by: str) -> None:
    """Raises `Forbidden` unless the caller made this key or is an admin."""
    if caller.role != "admin" and created_by != caller.user_id:
        raise Forbidden("You may only change keys that you made yourself; ask an admin of your organisation.")
