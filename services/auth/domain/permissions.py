"""Who may do what: one table, which the guard checks before every request and which the API serves."""

from enum import Enum
from typing import Final

from libs.common.errors import Forbidden
from services.auth.domain.accounts import Caller, Role


class Public(Enum):
    """Where a route needs no token at all."""

    PUBLIC = "public"


PUBLIC: Final = Public.PUBLIC


class Action(Enum):
    """What a role may do, and a route needs. The values are the names that the API serves."""

    READ = "read"
    USE_KEYS = "use_keys"
    WRITE_ALERTS = "write_alerts"
    JUDGE_CACHE = "judge_cache"
    MANAGE_PROVIDERS = "manage_providers"
    MANAGE_SETTINGS = "manage_settings"
    MANAGE_TEAM = "manage_team"
    MANAGE_BILLING = "manage_billing"
    MANAGE_ORG = "manage_org"


# How an error says it: "Your role (viewer) may not …".
_WORDING: Final[dict[Action, str]] = {
    Action.READ: "read this",
    Action.USE_KEYS: "make and change Promptly keys",
    Action.WRITE_ALERTS: "change alerts",
    Action.JUDGE_CACHE: "take cached answers back",
    Action.MANAGE_PROVIDERS: "change provider keys",
    Action.MANAGE_SETTINGS: "change settings and routing, or clear the cache",
    Action.MANAGE_TEAM: "invite, change or remove members",
    Action.MANAGE_BILLING: "buy credits, or see what was bought",
    Action.MANAGE_ORG: "change or delete the organization",
}
_MEMBER: Final = frozenset({Action.READ, Action.USE_KEYS, Action.WRITE_ALERTS, Action.JUDGE_CACHE})
ALLOWED: Final[dict[Role, frozenset[Action]]] = {
    "admin": frozenset(Action),
    "member": _MEMBER,
    "viewer": frozenset({Action.READ}),
}


def permissions_of(role: Role) -> tuple[Action, ...]:
    """What a role may do, in the order of `Action`."""
    return tuple(action for action in Action if action in ALLOWED[role])


def require(role: Role, action: Action) -> None:
    """Raises `Forbidden` unless the role may do it."""
    if action not in ALLOWED[role]:
        raise Forbidden(f"Your role ({role}) may not {_WORDING[action]}; ask an admin of your organization.")


def require_own_key(caller: Caller, created_by: str) -> None:
    """Raises `Forbidden` unless the caller made this key or is an admin."""
    if caller.role != "admin" and created_by != caller.user_id:
        raise Forbidden("You may only change keys that you made yourself; ask an admin of your organization.")
