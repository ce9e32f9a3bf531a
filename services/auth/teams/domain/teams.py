"""Teams as they are stored."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from libs.common.errors import BadRequest
from services.auth.domain.accounts import User
from services.auth.keys.domain.keys import ApiKey


class Team(msgspec.Struct, frozen=True, kw_only=True):
    """Keys of an organization that are counted together. A name is there once."""

    id: str
    name: str
    created_at: datetime


class TeamSize(msgspec.Struct, frozen=True, kw_only=True):
    """A team, how many keys and members it has, and whether whoever asks is one of them."""

    team: Team
    keys: int
    members: int
    is_member: bool


class TeamPage(msgspec.Struct, frozen=True, kw_only=True):
    """A team, who is in it, and its keys, oldest first."""

    team: Team
    members: Sequence[User]
    keys: Sequence[ApiKey]


def named(known: Sequence[Team], wanted: str, param: str) -> Team:
    """The team with this id, else that of this name; `BadRequest` where there is none."""
    by_id = [team for team in known if team.id == wanted] or [team for team in known if team.name == wanted]
    if not by_id:
        raise BadRequest(f"There is no team {wanted!r} in your organization.", param=param)
    return by_id[0]
