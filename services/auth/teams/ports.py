"""What keeping teams needs of the store."""

from collections.abc import Mapping, Sequence
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

    async def members(self, org_id: str) -> Mapping[str, frozenset[str]]:
        """The ids of the users in each team that has any, by its id."""
        ...

    async def add_member(self, org_id: str, team_id: str, user_id: str) -> bool:
        """Put a user into a team; False where they are in it. Both are there, and locked."""
        ...

    async def remove_member(self, org_id: str, team_id: str, user_id: str) -> bool:
        """Take a user out of a team; False where they are not in it."""
        ...
