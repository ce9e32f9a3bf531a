"""Members and invitations."""

from litestar import Controller, delete, get, post, put
from litestar.params import FromPath

from services.auth.accounts.http import signed_in
from services.auth.accounts.schemas import SignedIn, User
from services.auth.accounts.service import Accounts
from services.auth.domain.permissions import ALLOWED, PUBLIC, Action, permissions_of
from services.auth.http.dependencies import Injected, Payload
from services.auth.http.guard import ApiRequest
from services.auth.http.request import an_id
from services.auth.sessions.service import Sessions
from services.auth.team import schemas
from services.auth.team.service import Team


class TeamController(Controller):
    """/api/team"""

    path = "/team"

    @get("/members", needs=Action.READ)
    async def members(self, request: ApiRequest, team: Injected[Team]) -> schemas.Members:
        """The organization's users."""
        return schemas.Members(members=tuple(User.of(user) for user in await team.members(request.user)))

    @get("/roles", needs=Action.READ)
    async def roles(self) -> schemas.Roles:
        """What each role may do."""
        return schemas.Roles(
            roles=tuple(schemas.RoleRights(role=role, permissions=permissions_of(role)) for role in ALLOWED)
        )

    @put("/members/{user_id:str}", needs=Action.MANAGE_TEAM, fails=(409,))
    async def change(
        self,
        request: ApiRequest,
        payload: Payload[schemas.RoleBody],
        team: Injected[Team],
        user_id: FromPath[str],
    ) -> User:
        """Give a member another role."""
        return User.of(await team.change_role(request.user, an_id(user_id, "usr"), payload.role))

    @delete("/members/{user_id:str}", needs=Action.MANAGE_TEAM, fails=(409,))
    async def remove(self, request: ApiRequest, team: Injected[Team], user_id: FromPath[str]) -> None:
        """Remove a member, and the keys that it made."""
        await team.remove(request.user, an_id(user_id, "usr"))

    @post("/invite", needs=Action.MANAGE_TEAM, fails=(409,))
    async def invite(
        self, request: ApiRequest, payload: Payload[schemas.InviteBody], team: Injected[Team]
    ) -> schemas.NewInvite:
        """Invite a member."""
        made = await team.invite(request.user, payload.email, payload.role)
        return schemas.NewInvite.made(made.invite, made.link, mailed=made.mailed)

    @get("/invites", needs=Action.MANAGE_TEAM)
    async def invites(self, request: ApiRequest, team: Injected[Team]) -> schemas.Invites:
        """Open invitations."""
        found = await team.invites(request.user)
        return schemas.Invites(invites=tuple(schemas.Invite.of(invite) for invite in found))

    @delete("/invites/{invite_id:str}", needs=Action.MANAGE_TEAM)
    async def revoke(self, request: ApiRequest, team: Injected[Team], invite_id: FromPath[str]) -> None:
        """Take an invitation back."""
        await team.revoke_invite(request.user, an_id(invite_id, "inv"))


class InviteController(Controller):
    """/api/auth/invite"""

    path = "/auth/invite"

    @post("/accept", needs=PUBLIC, fails=(403, 409, 503))
    async def accept(
        self,
        payload: Payload[schemas.AcceptBody],
        accounts: Injected[Accounts],
        sessions: Injected[Sessions],
        team: Injected[Team],
    ) -> SignedIn:
        """Join."""
        user = await team.accept(payload.token, payload.password, payload.email)
        return await signed_in(user, accounts, sessions)
