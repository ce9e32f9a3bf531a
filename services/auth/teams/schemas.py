"""Bodies and answers about teams."""

from typing import Self

import msgspec

from services.auth.schemas import Answer, Text, Time, iso
from services.auth.teams.domain import teams


class TeamBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A team's name."""

    name: Text


class Team(Answer, frozen=True, kw_only=True):
    """Keys that are counted together; `keys` is how many it has."""

    id: str
    name: str
    keys: int
    created_at: Time

    @classmethod
    def of(cls, team: teams.Team, keys: int) -> Self:
        """From the stored team."""
        return cls(id=team.id, name=team.name, keys=keys, created_at=iso(team.created_at))


class Teams(Answer, frozen=True, kw_only=True):
    """An organization's teams, oldest first."""

    teams: tuple[Team, ...]
