"""Members and invitations."""

from typing import Any

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.params import FromPath

from services.auth.accounts import Accounts
from services.auth.domain.accounts import Role
from services.auth.domain.permissions import Action
from services.auth.http.accounts import Secret, signed_in
from services.auth.http.body import Text, an_id, read
from services.auth.http.given import Given
from services.auth.http.guard import ApiRequest
from services.auth.sessions import Sessions
from services.auth.team import Team
from services.auth.translate.account_json import invite_json, user_json


class InviteBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is to join, as what."""

    email: Text
    role: Role


class RoleBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another role."""

    role: Role


class AcceptBody(msgspec.Struct, frozen=True, kw_only=True):
    """The token out of the link and a password; where an e-mail is sent along, it has to be the invited one."""

    token: Secret
    password: Secret
    email: Text | None = None


class TeamController(Controller):
    """/api/team"""

    path = "/team"

    @get("/members", needs=Action.READ)
    async def members(self, request: ApiRequest, team: Given[Team]) -> dict[str, Any]:
        """The organisation's users."""
        return {"members": [user_json(user) for user in await team.members(request.user)]}

    @put("/members/{user_id:str}", needs=Action.MANAGE_TEAM)
    async def change(self, request: ApiRequest, team: Given[Team], user_id: FromPath[str]) -> dict[str, Any]:
        """Give a member another role."""
        role = (await read(request, RoleBody)).role
        return user_json(await team.change_role(request.user, an_id(user_id, "usr"), role))

    @delete("/members/{user_id:str}", needs=Action.MANAGE_TEAM)
    async def remove(self, request: ApiRequest, team: Given[Team], user_id: FromPath[str]) -> None:
        """Remove a member, and the keys that it made."""
        await team.remove(request.user, an_id(user_id, "usr"))

    @post("/invite", needs=Action.MANAGE_TEAM)
    async def invite(self, request: ApiRequest, team: Given[Team]) -> dict[str, Any]:
        """Invite somebody."""
        body = await read(request, InviteBody)
        made = await team.invite(request.user, body.email, body.role)
        return {**invite_json(made.invite), "link": made.link, "mailed": made.mailed}

    @get("/invites", needs=Action.MANAGE_TEAM)
    async def invites(self, request: ApiRequest, team: Given[Team]) -> dict[str, Any]:
        """Open invitations."""
        return {"invites": [invite_json(invite) for invite in await team.invites(request.user)]}

    @delete("/invites/{invite_id:str}", needs=Action.MANAGE_TEAM)
    async def revoke(self, request: ApiRequest, team: Given[Team], invite_id: FromPath[str]) -> None:
        """Take an invitation back."""
        await team.revoke_invite(request.user, an_id(invite_id, "inv"))


class InviteController(Controller):
    """/api/auth/invite"""

    path = "/auth/invite"

    @post("/accept", needs=Action.PUBLIC)
    async def accept(
        self, request: ApiRequest, accounts: Given[Accounts], sessions: Given[Sessions], team: Given[Team]
    ) -> dict[str, Any]:
        """Join."""
        body = await read(request, AcceptBody)
        user = await team.accept(body.token, body.password, body.email)
        return await signed_in(user, accounts, sessions)
