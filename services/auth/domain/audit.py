"""Who changed what: rows that are only ever added."""

from datetime import datetime
from typing import Any, Literal

import msgspec

AuditAction = Literal["settings_changed", "lever_switched_off"]


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One change: `actor` is a user's id, or "guard" where the holdout's guard made it. `before` and `after` hold the fields that are
    different, `reason` a sentence with the figures that the guard went by.
    """

    id: str
    at: datetime
    actor: str
    action: AuditAction
    before: dict[str, Any]
    after: dict[str, Any]
    reason: str | None = None
