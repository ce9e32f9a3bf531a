"""Bodies and answers about teams."""

from typing import Self

import msgspec

from services.auth.domain.accounts import Role
from services.auth.schemas import Answer, Text, Time, iso
from services.auth.teams.domain import teams


class TeamBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A team's name."""

    name: Text


class Team(Answer, frozen=True, kw_only=True):
    """Keys that are counted together: how many it has, how many members of the organization are in it, and whether you are."""

    id: str
    name: str
    keys: int
    members: int
    is_member: bool
    created_at: Time

    @classmethod
    def of(cls, found: teams.TeamSize) -> Self:
        """From the stored team."""
        return cls(
            id=found.team.id,
            name=found.team.name,
            keys=found.keys,
            members=found.members,
            is_member=found.is_member,
            created_at=iso(found.team.created_at),
        )


class Teams(Answer, frozen=True, kw_only=True):
    """An organization's teams, oldest first."""

    teams: tuple[Team, ...]


class TeamMember(Answer, frozen=True, kw_only=True):
    """Somebody in a team."""

    id: str
    email: str
    role: Role


class TeamKey(Answer, frozen=True, kw_only=True):
    """A key of a team, without the key."""

    id: str
    name: str
    last_four: str
    created_by: str


class TeamPage(Answer, frozen=True, kw_only=True):
    """A team with all that is in it, oldest first."""

    id: str
    name: str
    members: tuple[TeamMember, ...]
    keys: tuple[TeamKey, ...]

    @classmethod
    def of(cls, page: teams.TeamPage) -> Self:
        """From what is stored."""
        return cls(
            id=page.team.id,
            name=page.team.name,
            members=tuple(TeamMember(id=one.id, email=one.email, role=one.role) for one in page.members),
            keys=tuple(
                TeamKey(id=one.id, name=one.name, last_four=one.last4, created_by=one.created_by) for one in page.keys
            ),
        )
