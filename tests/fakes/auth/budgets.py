"""Teams and budgets in memory."""

from collections.abc import Sequence

import msgspec

from services.auth.budgets.domain.budgets import StoredBudget
from services.auth.teams.domain.teams import Team
from tests.fakes.auth.rows import Rows


class MemoryTeams:
    """Implements `teams.ports.Teams`."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def all(self, org_id: str) -> Sequence[Team]:
        found = (team for (owner, _), team in self._rows.teams.items() if owner == org_id)
        return sorted(found, key=lambda team: (team.created_at, team.id))

    async def put(self, org_id: str, team: Team) -> None:
        self._rows.teams[org_id, team.id] = team
        self._name(org_id, team.id, team.id, team.name)

    async def delete(self, org_id: str, team_id: str) -> None:
        self._name(org_id, team_id, None, None)
        self._rows.teams.pop((org_id, team_id), None)

    def _name(self, org_id: str, team_id: str, new_id: str | None, name: str | None) -> None:
        for at, key in self._rows.api_keys.items():
            if (key.org_id, key.team_id) == (org_id, team_id):
                self._rows.api_keys[at] = msgspec.structs.replace(key, team_id=new_id, team=name)


class MemoryBudgets:
    """Implements `budgets.ports.Budgets`."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def all(self, org_id: str) -> Sequence[StoredBudget]:
        found = (stored for (owner, _), stored in self._rows.budgets.items() if owner == org_id)
        return sorted(found, key=lambda stored: (stored.created_at, stored.budget.id))

    async def put(self, org_id: str, stored: StoredBudget) -> None:
        self._rows.budgets[org_id, stored.budget.id] = stored

    async def delete(self, org_id: str, budget_id: str) -> bool:
        return self._rows.budgets.pop((org_id, budget_id), None) is not None
