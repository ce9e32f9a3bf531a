"""Accounts and keys as JSON."""

from datetime import datetime
from typing import Any

from libs.common.contracts.router import RouteReply
from libs.common.money import usd
from services.auth.domain.accounts import Org, User
from services.auth.domain.keys import ApiKey, StoredProviderKey
from services.auth.domain.rules import StoredRule, condition_value
from services.auth.domain.team import Invite


def user_json(user: User) -> dict[str, Any]:
    """A user."""
    return {"id": user.id, "email": user.email, "role": user.role, "created_at": iso(user.created_at)}


def org_json(org: Org) -> dict[str, Any]:
    """An organisation."""
    return {"id": org.id, "name": org.name, "account_type": org.account_type, "created_at": iso(org.created_at)}


def invite_json(invite: Invite) -> dict[str, Any]:
    """An invitation, without what accepts it."""
    return {
        "id": invite.id,
        "email": invite.email,
        "role": invite.role,
        "invited_by": invite.invited_by,
        "created_at": iso(invite.created_at),
        "expires_at": iso(invite.expires_at),
    }


def key_json(key: ApiKey) -> dict[str, Any]:
    """A Promptly key, of which the ending is all that can be shown."""
    return {
        "id": key.id,
        "name": key.name,
        "prefix": key.prefix,
        "last_four": key.last4,
        "scopes": list(key.scopes),
        "rpm": key.rpm,
        "monthly_budget_usd": None if key.monthly_budget_nano is None else usd(key.monthly_budget_nano),
        "expires_at": None if key.expires_at is None else iso(key.expires_at),
        "created_by": key.created_by,
        "created_at": iso(key.created_at),
        "last_used_at": None if key.last_used_at is None else iso(key.last_used_at),
    }


def provider_key_json(key: StoredProviderKey) -> dict[str, Any]:
    """A provider key; `api_key` is masked down to its ending."""
    return {
        "id": key.id,
        "provider": key.provider,
        "label": key.label,
        "api_key": f"sk-…{key.last4}",
        "last_four": key.last4,
        "base_url": key.base_url,
        "models": list(key.models),
        "created_at": iso(key.created_at),
    }


def rule_json(stored: StoredRule) -> dict[str, Any]:
    """A routing rule, the way its author wrote it."""
    rule = stored.rule
    return {
        "id": rule.id,
        "name": rule.name,
        "condition_type": rule.condition.type,
        "condition_value": condition_value(rule.condition),
        "action": rule.action,
        "action_value": rule.action_value,
        "priority": rule.priority,
        "created_at": iso(stored.created_at),
    }


def route_json(route: RouteReply) -> dict[str, Any]:
    """What the router would do, and why."""
    return {
        "model": route.model,
        "provider": route.provider,
        "tier": route.tier,
        "score": route.score,
        "reason": route.reason,
        "rule": None if route.rule_id is None else {"id": route.rule_id, "name": route.rule_name},
        "signals": list(route.signals),
        "skipped_rules": list(route.skipped_rules),
        "shadow_model": route.shadow_model,
    }


def iso(moment: datetime) -> str:
    """ISO 8601 with a Z."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
