"""Teams in Postgres."""

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.auth.teams.domain.teams import Team


class SqlTeams:
    """Implements `ports.Teams`."""

    def __init__(self, tx: AsyncConnection) -> None:
        self._tx = tx

    async def all(self, org_id: str) -> Sequence[Team]:
        rows = await self._tx.execute(
            text(
                "SELECT team_id AS id, name, created_at FROM auth.teams WHERE org_id = :org_id ORDER BY created_at, id"
            ),
            {"org_id": org_id},
        )
        return [msgspec.convert(dict(row), Team) for row in rows.mappings()]

    async def put(self, org_id: str, team: Team) -> None:
        await self._tx.execute(
            text(
                "INSERT INTO auth.teams (org_id, team_id, name, created_at) VALUES (:org_id, :id, :name, :created_at)"
                " ON CONFLICT (org_id, team_id) DO UPDATE SET name = excluded.name"
            ),
            {**msgspec.structs.asdict(team), "org_id": org_id},
        )

    async def delete(self, org_id: str, team_id: str) -> None:
        values = {"org_id": org_id, "team_id": team_id}
        await self._tx.execute(
            text("UPDATE auth.api_keys SET team_id = NULL WHERE org_id = :org_id AND team_id = :team_id"), values
        )
        await self._tx.execute(text("DELETE FROM auth.teams WHERE org_id = :org_id AND team_id = :team_id"), values)

    async def members(self, org_id: str) -> Mapping[str, frozenset[str]]:
        rows = await self._tx.execute(
            text("SELECT team_id, array_agg(user_id) FROM auth.team_members WHERE org_id = :org_id GROUP BY team_id"),
            {"org_id": org_id},
        )
        return {team_id: frozenset(users) for team_id, users in rows}

    async def add_member(self, org_id: str, team_id: str, user_id: str) -> bool:
        added = await self._tx.execute(
            text("INSERT INTO auth.team_members VALUES (:org_id, :team_id, :user_id) ON CONFLICT DO NOTHING"),
            {"org_id": org_id, "team_id": team_id, "user_id": user_id},
        )
        return added.rowcount == 1

    async def remove_member(self, org_id: str, team_id: str, user_id: str) -> bool:
        gone = await self._tx.execute(
            text("DELETE FROM auth.team_members WHERE org_id = :org_id AND team_id = :team_id AND user_id = :user_id"),
            {"org_id": org_id, "team_id": team_id, "user_id": user_id},
        )
        return gone.rowcount == 1
