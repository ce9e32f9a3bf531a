"""Registering, signing in and out, the organisation and its members."""

from typing import Annotated, Any

import msgspec
from litestar import Controller, get, post, put

from services.auth.accounts import Accounts
from services.auth.domain.accounts import AccountType
from services.auth.domain.permissions import Action
from services.auth.http.body import Text, read
from services.auth.http.given import Given
from services.auth.http.guard import ApiRequest, address_of
from services.auth.sessions import Sessions
from services.auth.translate.account_json import org_json, user_json

# Longer than a password may be, so that the limits are said in one place; short enough to cost nothing.
Secret = Annotated[str, msgspec.Meta(max_length=1024)]


class Register(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a registration."""

    org_name: Text
    email: Text
    password: Secret
    account_type: AccountType = "personal"


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a login."""

    email: Text
    password: Secret


class OrgChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may be changed of an organisation."""

    name: Text


class AuthController(Controller):
    """/api/auth"""

    path = "/auth"

    @post("/register", needs=Action.PUBLIC)
    async def register(
        self, request: ApiRequest, accounts: Given[Accounts], sessions: Given[Sessions]
    ) -> dict[str, Any]:
        """Make an organisation, its admin and its first key."""
        new = await accounts.register(**msgspec.structs.asdict(await read(request, Register)))
        return {
            "token": sessions.token(new.user),
            "user": user_json(new.user),
            "org": org_json(new.org),
            "api_key": new.api_key,
        }

    @post("/login", needs=Action.PUBLIC, status_code=200)
    async def login(self, request: ApiRequest, accounts: Given[Accounts], sessions: Given[Sessions]) -> dict[str, Any]:
        """Exchange e-mail and password for a token."""
        body = await read(request, Login)
        user = await sessions.login(body.email, body.password, address_of(request))
        org = await accounts.org(user)
        return {"token": sessions.token(user), "user": user_json(user), "org": org_json(org)}

    @get("/me", needs=Action.READ)
    async def me(self, request: ApiRequest, accounts: Given[Accounts]) -> dict[str, Any]:
        """Who the token belongs to."""
        user, org = await accounts.me(request.user)
        return {"user": user_json(user), "org": org_json(org)}

    @post("/logout", needs=Action.READ, status_code=204)
    async def logout(self, request: ApiRequest, sessions: Given[Sessions]) -> None:
        """End this token."""
        await sessions.logout(request.user)


class OrgController(Controller):
    """/api/org and /api/team"""

    @get("/org", needs=Action.READ)
    async def org(self, request: ApiRequest, accounts: Given[Accounts]) -> dict[str, Any]:
        """The organisation."""
        return org_json(await accounts.org(request.user))

    @put("/org", needs=Action.MANAGE_ORG)
    async def change_org(self, request: ApiRequest, accounts: Given[Accounts]) -> dict[str, Any]:
        """Rename the organisation."""
        return org_json(await accounts.rename_org(request.user, (await read(request, OrgChange)).name))

    @get("/team/members", needs=Action.READ)
    async def members(self, request: ApiRequest, accounts: Given[Accounts]) -> dict[str, Any]:
        """The organisation's users."""
        return {"members": [user_json(user) for user in await accounts.members(request.user)]}
