"""Registering, signing in and out, passwords, and the organisation."""

from typing import Annotated, Any

import msgspec
from litestar import Controller, delete, get, post, put

from services.auth.accounts import Accounts
from services.auth.domain.accounts import AccountType, User
from services.auth.domain.permissions import Action
from services.auth.erasure import Erasure
from services.auth.http.body import Text, read
from services.auth.http.given import Given
from services.auth.http.guard import ApiRequest, address_of
from services.auth.oauth import OAuth
from services.auth.recovery import Recovery
from services.auth.sessions import Sessions
from services.auth.translate.account_json import org_json, user_json

# Longer than a password or a token may be, so that the limits are said in one place; short enough to cost nothing.
Secret = Annotated[str, msgspec.Meta(max_length=1024)]


class Register(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a registration."""

    org_name: Text
    email: Text
    password: Secret
    account_type: AccountType = "personal"
    bootstrap_token: Secret | None = None


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a login."""

    email: Text
    password: Secret


class PasswordChange(msgspec.Struct, frozen=True, kw_only=True):
    """Another password."""

    old_password: Secret
    new_password: Secret


class ResetBody(msgspec.Struct, frozen=True, kw_only=True):
    """Whose password was forgotten."""

    email: Text


class ResetConfirmBody(msgspec.Struct, frozen=True, kw_only=True):
    """The token out of the link, and the new password."""

    token: Secret
    password: Secret


class VerifyBody(msgspec.Struct, frozen=True, kw_only=True):
    """The code out of the mail."""

    token: Secret


class OrgChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may be changed of an organisation; in a deletion its name, to be sure."""

    name: Text


async def signed_in(user: User, accounts: Accounts, sessions: Sessions) -> dict[str, Any]:
    """What everybody gets who has just proved who they are."""
    return {"token": sessions.token(user), "user": user_json(user), "org": org_json(await accounts.org(user))}


class AuthController(Controller):
    """/api/auth"""

    path = "/auth"

    @post("/register", needs=Action.PUBLIC)
    async def register(
        self, request: ApiRequest, accounts: Given[Accounts], sessions: Given[Sessions]
    ) -> dict[str, Any]:
        """Make an organisation, its admin and its first key."""
        body = msgspec.structs.asdict(await read(request, Register))
        new = await accounts.register(**body, address=address_of(request))
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
        return await signed_in(user, accounts, sessions)

    @get("/options", needs=Action.PUBLIC)
    async def options(
        self, accounts: Given[Accounts], oauth: Given[OAuth], recovery: Given[Recovery]
    ) -> dict[str, Any]:
        """What a page for signing in has to know: who may register now, through whom one signs in, whether mail is sent."""
        return {
            "registration": await accounts.registration(),
            "bootstrap_token": await accounts.wants_bootstrap_token(),
            "oauth": list(oauth.sources),
            "mail": recovery.mails,
        }

    @get("/me", needs=Action.READ)
    async def me(self, request: ApiRequest, accounts: Given[Accounts]) -> dict[str, Any]:
        """Who the token belongs to."""
        user, org = await accounts.me(request.user)
        return {"user": user_json(user), "org": org_json(org)}

    @get("/sign-ins", needs=Action.READ)
    async def sign_ins(self, request: ApiRequest, accounts: Given[Accounts]) -> dict[str, Any]:
        """How the caller signs in: with a password, and through whom else."""
        found = await accounts.sign_ins(request.user)
        return {"password": found.password, "oauth": list(found.oauth)}

    @post("/logout", needs=Action.READ, status_code=204)
    async def logout(self, request: ApiRequest, sessions: Given[Sessions]) -> None:
        """End this token."""
        await sessions.logout(request.user)

    @post("/password", needs=Action.READ, status_code=200)
    async def change_password(
        self, request: ApiRequest, accounts: Given[Accounts], sessions: Given[Sessions], recovery: Given[Recovery]
    ) -> dict[str, Any]:
        """Change the password, which ends every token; the answer holds a new one."""
        body = await read(request, PasswordChange)
        user = await recovery.change(request.user, body.old_password, body.new_password)
        return await signed_in(user, accounts, sessions)

    @post("/verify", needs=Action.READ, status_code=204)
    async def verify(self, request: ApiRequest, recovery: Given[Recovery]) -> None:
        """Confirm one's e-mail address with the code out of the mail."""
        await recovery.verify(request.user, (await read(request, VerifyBody)).token)

    @post("/verify/mail", needs=Action.READ, status_code=202)
    async def verify_again(
        self, request: ApiRequest, accounts: Given[Accounts], recovery: Given[Recovery]
    ) -> dict[str, Any]:
        """Ask for another code."""
        user, _ = await accounts.me(request.user)
        await recovery.ask_verification(user)
        return {"detail": "If this address is not confirmed and mail is set up, a code is on its way."}

    @post("/password/reset", needs=Action.PUBLIC, status_code=202)
    async def reset(self, request: ApiRequest, recovery: Given[Recovery]) -> dict[str, Any]:
        """Ask for a link by mail."""
        await recovery.ask((await read(request, ResetBody)).email, address_of(request))
        return {"detail": "If this address is registered, a mail with a link is on its way."}

    @post("/password/reset/confirm", needs=Action.PUBLIC, status_code=204)
    async def confirm_reset(self, request: ApiRequest, recovery: Given[Recovery]) -> None:
        """Set a new password with the token out of the link."""
        body = await read(request, ResetConfirmBody)
        await recovery.confirm(body.token, body.password)


class OrgController(Controller):
    """/api/org"""

    path = "/org"

    @get(needs=Action.READ)
    async def org(self, request: ApiRequest, accounts: Given[Accounts]) -> dict[str, Any]:
        """The organisation."""
        return org_json(await accounts.org(request.user))

    @put(needs=Action.MANAGE_ORG)
    async def change_org(self, request: ApiRequest, accounts: Given[Accounts]) -> dict[str, Any]:
        """Rename the organisation."""
        return org_json(await accounts.rename_org(request.user, (await read(request, OrgChange)).name))

    @delete(needs=Action.MANAGE_ORG)
    async def delete_org(self, request: ApiRequest, erasure: Given[Erasure]) -> None:
        """Delete the organisation with all that it has; the body names it."""
        await erasure.delete(request.user, (await read(request, OrgChange)).name)
