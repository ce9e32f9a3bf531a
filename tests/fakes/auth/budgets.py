"""Teams and budgets in memory."""

from collections.abc import Mapping, Sequence

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
        self._rows.team_members = {one for one in self._rows.team_members if one[:2] != (org_id, team_id)}

    async def members(self, org_id: str) -> Mapping[str, frozenset[str]]:
        teams = {team_id for owner, team_id, _ in self._rows.team_members if owner == org_id}
        return {one: frozenset(user for _, team, user in self._rows.team_members if team == one) for one in teams}

    async def add_member(self, org_id: str, team_id: str, user_id: str) -> bool:
        added = (org_id, team_id, user_id) not in self._rows.team_members
        self._rows.team_members.add((org_id, team_id, user_id))
        return added

    async def remove_member(self, org_id: str, team_id: str, user_id: str) -> bool:
        there = (org_id, team_id, user_id) in self._rows.team_members
        self._rows.team_members.discard((org_id, team_id, user_id))
        return there

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
