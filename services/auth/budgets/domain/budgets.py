"""Budgets as they are stored, and what may be one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from libs.common.contracts.auth import Budget
from libs.common.errors import BadRequest, Conflict

MOST: Final = 100
MOST_EACH: Final = 10


class StoredBudget(msgspec.Struct, frozen=True, kw_only=True):
    """A budget of an organization."""

    budget: Budget
    created_at: datetime


def check(wanted: Budget, known: Sequence[Budget]) -> None:
    """`BadRequest` where it is no budget, or there are as many as there may be; `Conflict` where another one is called so."""
    if (wanted.subject == "tag") != (wanted.tag is not None):
        raise BadRequest("A budget of a tag names it in `tag`; other budgets have none.", param="tag")
    others = [one for one in known if one.id != wanted.id]
    if any(one.name == wanted.name for one in others):
        raise Conflict(f"There is a budget called {wanted.name!r} already.")
    if len(others) >= MOST:
        raise BadRequest(f"An organization may have {MOST} budgets; delete one first.")
    if wanted.value is None and sum(one.value is None for one in others) >= MOST_EACH:
        raise BadRequest(f"An organization may have {MOST_EACH} budgets without a value.", param="value")


def is_counted_anew(before: Budget, after: Budget) -> bool:
    """Whether it may have no room once more: what is told of that, is told again."""
    return any(
        getattr(before, name) != getattr(after, name) for name in ("subject", "tag", "value", "period", "limit_nano")
    )
