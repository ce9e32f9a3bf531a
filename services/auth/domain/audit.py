"""Who changed what, and who read what was said: rows that are only ever added."""

from datetime import datetime
from typing import Any, Literal

import msgspec

AuditAction = Literal[
    "settings_changed",
    "lever_switched_off",
    "control_key_created",
    "control_key_revoked",
    "control_key_used",
    "issuer_added",
    "issuer_removed",
    "key_created",
    "key_changed",
    "key_regenerated",
    "key_revoked",
    "member_joined",
    "member_role_changed",
    "member_signed_in",
    "member_suspended",
    "aliases_changed",
    "team_created",
    "team_changed",
    "team_deleted",
    "team_member_added",
    "team_member_removed",
    "budget_created",
    "budget_changed",
    "budget_deleted",
    "capture_read",
    "captures_erased",
    "captures_replayed",
    "organization_renamed",
    "member_invited",
    "invitation_revoked",
    "member_removed",
    "provider_key_added",
    "provider_key_changed",
    "provider_key_removed",
    "routing_changed",
    "rule_added",
    "rule_changed",
    "rule_removed",
    "rules_ordered",
    "cache_cleared",
    "cached_answer_removed",
    "alert_rule_added",
    "alert_rule_changed",
    "alert_rule_removed",
    "webhook_added",
    "webhook_verified",
    "webhook_removed",
]


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One change: `actor` is the id of a user or of a control-plane key, or "guard" where the holdout's guard made it. `before` and
    `after` hold the fields that are different (of a key's use the method and the path, of captured requests which of them),
    `reason` a sentence with the figures that the guard went by.
    """

    id: str
    at: datetime
    actor: str
    action: AuditAction
    before: dict[str, Any]
    after: dict[str, Any]
    reason: str | None = None
