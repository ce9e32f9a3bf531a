"""What keeping teams needs of the store."""

from collections.abc import Sequence
from typing import Protocol

from services.auth.teams.domain.teams import Team


class Teams(Protocol):
    """An organization's teams."""

    async def all(self, org_id: str) -> Sequence[Team]:
        """Oldest first."""
        ...

    async def put(self, org_id: str, team: Team) -> None:
        """Keep a team, new or changed."""
        ...

    async def delete(self, org_id: str, team_id: str) -> None:
        """Delete a team. Its keys belong to none from then on."""
        ...
