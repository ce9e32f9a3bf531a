"""What keeping budgets needs of the store."""

from collections.abc import Sequence
from typing import Protocol

from services.auth.budgets.domain.budgets import StoredBudget


class Budgets(Protocol):
    """An organization's budgets."""

    async def all(self, org_id: str) -> Sequence[StoredBudget]:
        """Oldest first."""
        ...

    async def put(self, org_id: str, stored: StoredBudget) -> None:
        """Keep a budget, new or changed; its age stays."""
        ...

    async def delete(self, org_id: str, budget_id: str) -> bool:
        """Whether there was one to delete."""
        ...
