"""Who may do what: a table of roles, which the API serves, and one of control-plane keys; the guard checks both before every request."""

from enum import Enum
from typing import Final

from libs.common.errors import Forbidden
from services.auth.domain.accounts import Caller, ControlScope, Role


class Public(Enum):
    """Where a route needs no token at all."""

    PUBLIC = "public"


PUBLIC: Final = Public.PUBLIC


class Action(Enum):
    """What a role may do, and a route needs. The values are the names that the API serves."""

    READ = "read"
    OWN_ACCOUNT = "own_account"
    USE_KEYS = "use_keys"
    WRITE_ALERTS = "write_alerts"
    JUDGE_CACHE = "judge_cache"
    MANAGE_PROVIDERS = "manage_providers"
    MANAGE_SETTINGS = "manage_settings"
    MANAGE_CONTROL_KEYS = "manage_control_keys"
    MANAGE_ISSUERS = "manage_issuers"
    READ_TEXTS = "read_texts"
    MANAGE_TEAM = "manage_team"
    GET_REPORTS = "get_reports"
    MANAGE_BILLING = "manage_billing"
    MANAGE_ORG = "manage_org"


# How an error says it: "Your role (viewer) may not …".
_WORDING: Final[dict[Action, str]] = {
    Action.READ: "read this",
    Action.OWN_ACCOUNT: "use a person's own account",
    Action.USE_KEYS: "make and change Promptly keys",
    Action.WRITE_ALERTS: "change alerts",
    Action.JUDGE_CACHE: "take cached answers back",
    Action.MANAGE_PROVIDERS: "change provider keys",
    Action.MANAGE_SETTINGS: "change settings and routing, or clear the cache",
    Action.MANAGE_CONTROL_KEYS: "see, make or revoke control-plane keys",
    Action.MANAGE_ISSUERS: "see, add or remove trusted issuers",
    Action.READ_TEXTS: "read, try or erase captured requests",
    Action.MANAGE_TEAM: "invite, change or remove members",
    Action.GET_REPORTS: "get reports by mail",
    Action.MANAGE_BILLING: "buy credits, or see what was bought",
    Action.MANAGE_ORG: "change or delete the organization",
}
_MEMBER: Final = frozenset({Action.READ, Action.OWN_ACCOUNT, Action.USE_KEYS, Action.WRITE_ALERTS, Action.JUDGE_CACHE})
ALLOWED: Final[dict[Role, frozenset[Action]]] = {
    "admin": frozenset(Action),
    "member": _MEMBER,
    "viewer": frozenset({Action.READ, Action.OWN_ACCOUNT}),
}
# What a control-plane key may with a scope, beside reading, and only as far as the role of the user who made it allows it. What is in
# no row is for people: their own accounts, what was said, the team, money, the organization itself, trusted issuers, and
# control-plane keys.
SCOPED: Final[dict[ControlScope, frozenset[Action]]] = {
    "read": frozenset({Action.READ}),
    "settings": frozenset({Action.READ, Action.MANAGE_SETTINGS, Action.JUDGE_CACHE}),
    "providers": frozenset({Action.READ, Action.MANAGE_PROVIDERS}),
    "keys": frozenset({Action.READ, Action.USE_KEYS}),
    "alerts": frozenset({Action.READ, Action.WRITE_ALERTS}),
}


def permissions_of(role: Role) -> tuple[Action, ...]:
    """What a role may do, in the order of `Action`."""
    return tuple(action for action in Action if action in ALLOWED[role])


def require(role: Role, action: Action) -> None:
    """Raises `Forbidden` unless the role may do it."""
    if action not in ALLOWED[role]:
        raise Forbidden(f"Your role ({role}) may not {_WORDING[action]}; ask an admin of your organization.")


def require_scope(caller: Caller, action: Action) -> None:
    """Raises `Forbidden` where the caller is a control-plane key whose scopes do not hold it."""
    if caller.scopes is None or any(action in SCOPED[scope] for scope in caller.scopes):
        return
    words = f"This control-plane key (scopes: {', '.join(caller.scopes)}) may not {_WORDING[action]}"
    holding = [scope for scope, actions in SCOPED.items() if action in actions]
    raise Forbidden(
        f"{words}; a key with the scope {holding[0]} may." if holding else f"{words}; no key may, sign in for it."
    )


def require_own_key(caller: Caller, created_by: str) -> None:
    """Raises `Forbidden` unless the caller made this key or is an admin."""
    if caller.role != "admin" and created_by != caller.user_id:
        raise Forbidden("You may only change keys that you made yourself; ask an admin of your organization.")
