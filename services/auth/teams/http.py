"""Teams."""

from litestar import Controller, delete, get, patch, post, put
from litestar.params import FromPath

from services.auth.domain.permissions import Action
from services.auth.http.dependencies import Injected, Payload
from services.auth.http.guard import ApiRequest
from services.auth.http.request import an_id
from services.auth.teams import schemas
from services.auth.teams.service import Teams


class TeamsController(Controller):
    """/api/teams"""

    path = "/teams"

    @get(needs=Action.READ)
    async def all(self, request: ApiRequest, teams: Injected[Teams]) -> schemas.Teams:
        """The teams that keys can belong to."""
        return schemas.Teams(teams=tuple(schemas.Team.of(found) for found in await teams.all(request.user)))

    @post(needs=Action.MANAGE_SETTINGS, fails=(409,))
    async def create(
        self, request: ApiRequest, payload: Payload[schemas.TeamBody], teams: Injected[Teams]
    ) -> schemas.Team:
        """Make a team. Keys are put into it one by one."""
        return schemas.Team.of(await teams.create(request.user, payload.name))

    @get("/{team_id:str}", needs=Action.READ)
    async def page(self, request: ApiRequest, teams: Injected[Teams], team_id: FromPath[str]) -> schemas.TeamPage:
        """A team's members and keys, for those who are in it, admins and viewers."""
        return schemas.TeamPage.of(await teams.page(request.user, an_id(team_id, "team")))

    @put("/{team_id:str}/members/{user_id:str}", needs=Action.MANAGE_SETTINGS, status_code=204)
    async def add_member(
        self, request: ApiRequest, teams: Injected[Teams], team_id: FromPath[str], user_id: FromPath[str]
    ) -> None:
        """Put a member of the organization into a team. They may put keys that they made into it."""
        await teams.add_member(request.user, an_id(team_id, "team"), an_id(user_id, "usr"))

    @delete("/{team_id:str}/members/{user_id:str}", needs=Action.MANAGE_SETTINGS)
    async def remove_member(
        self, request: ApiRequest, teams: Injected[Teams], team_id: FromPath[str], user_id: FromPath[str]
    ) -> None:
        """Take somebody out of a team. Their keys stay in it."""
        await teams.remove_member(request.user, an_id(team_id, "team"), an_id(user_id, "usr"))

    @patch("/{team_id:str}", needs=Action.MANAGE_SETTINGS, fails=(409,))
    async def rename(
        self,
        request: ApiRequest,
        payload: Payload[schemas.TeamBody],
        teams: Injected[Teams],
        team_id: FromPath[str],
    ) -> schemas.Team:
        """Give a team another name."""
        return schemas.Team.of(await teams.rename(request.user, an_id(team_id, "team"), payload.name))

    @delete("/{team_id:str}", needs=Action.MANAGE_SETTINGS, fails=(409,))
    async def delete(self, request: ApiRequest, teams: Injected[Teams], team_id: FromPath[str]) -> None:
        """Delete a team. Its keys stay, and belong to none."""
        await teams.delete(request.user, an_id(team_id, "team"))
