"""Examples of bodies and answers, for the document."""

from typing import Final

import msgspec

from services.auth.teams import schemas

_ID: Final = "team_" + "8" * 32
_TEAM: Final = schemas.Team(
    id=_ID, name="Search", keys=3, members=2, is_member=True, created_at="2026-08-01T09:30:00.000Z"
)
_MEMBER: Final = schemas.TeamMember(id="usr_" + "2" * 32, email="ada@example.com", role="member")
_KEY: Final = schemas.TeamKey(id="key_" + "3" * 32, name="crawler", last_four="k3Yz", created_by=_MEMBER.id)
EXAMPLES: Final[tuple[msgspec.Struct, ...]] = (
    schemas.TeamBody(name="Search"),
    _TEAM,
    schemas.Teams(teams=(_TEAM,)),
    schemas.TeamPage(id=_ID, name="Search", members=(_MEMBER,), keys=(_KEY,)),
)
