"""Examples of bodies and answers, for the document."""

from typing import Final

import msgspec

from services.auth.teams import schemas

_TEAM: Final = schemas.Team(id="team_" + "8" * 32, name="Search", keys=3, created_at="2026-08-01T09:30:00.000Z")
EXAMPLES: Final[tuple[msgspec.Struct, ...]] = (schemas.TeamBody(name="Search"), _TEAM, schemas.Teams(teams=(_TEAM,)))
