"""Registration, sign-in and sign-out, passwords, and the organization."""

from litestar import Controller, delete, get, post, put

from services.auth.accounts import schemas
from services.auth.accounts.erasure import Erasure
from services.auth.accounts.recovery import Recovery
from services.auth.accounts.service import Accounts
from services.auth.domain.accounts import User
from services.auth.domain.permissions import PUBLIC, Action, permissions_of
from services.auth.http.dependencies import Injected, Payload
from services.auth.http.guard import ApiRequest, address_of
from services.auth.sessions.oauth import OAuth
from services.auth.sessions.service import Sessions


async def signed_in(user: User, accounts: Accounts, sessions: Sessions) -> schemas.SignedIn:
    """The answer to whoever has just proved who they are."""
    org = await accounts.org(user)
    return schemas.SignedIn(token=await sessions.token(user), user=schemas.User.of(user), org=schemas.Org.of(org))


class AuthController(Controller):
    """/api/auth"""

    path = "/auth"

    @post("/register", needs=PUBLIC, fails=(403, 409, 429, 503))
    async def register(
        self,
        request: ApiRequest,
        payload: Payload[schemas.Register],
        accounts: Injected[Accounts],
        sessions: Injected[Sessions],
    ) -> schemas.Registered:
        """Make an organization, its admin and its first key."""
        new = await accounts.register(
            org_name=payload.org_name,
            email=payload.email,
            password=payload.password,
            account_type=payload.account_type,
            bootstrap_token=payload.bootstrap_token,
            address=address_of(request),
        )
        return schemas.Registered(
            token=await sessions.token(new.user),
            user=schemas.User.of(new.user),
            org=schemas.Org.of(new.org),
            api_key=new.api_key,
        )

    @post("/login", needs=PUBLIC, status_code=200, fails=(401, 403, 429, 503))
    async def login(
        self,
        request: ApiRequest,
        payload: Payload[schemas.Login],
        accounts: Injected[Accounts],
        sessions: Injected[Sessions],
    ) -> schemas.SignedIn:
        """Exchange e-mail and password for a token."""
        user = await sessions.login(payload.email, payload.password, address_of(request))
        return await signed_in(user, accounts, sessions)

    @get("/options", needs=PUBLIC, fails=(503,))
    async def options(
        self, accounts: Injected[Accounts], oauth: Injected[OAuth], recovery: Injected[Recovery]
    ) -> schemas.EntryOptions:
        """What a page for signing in has to know: who may register now, which identity providers there are, whether mail is sent."""
        return schemas.EntryOptions(
            registration=await accounts.registration(),
            bootstrap_token=await accounts.wants_bootstrap_token(),
            oauth=tuple(oauth.sources),
            oidc_name=oauth.title("oidc"),
            mail=recovery.mails,
        )

    @get("/me", needs=Action.OWN_ACCOUNT)
    async def me(self, request: ApiRequest, accounts: Injected[Accounts]) -> schemas.Me:
        """Who the token belongs to, and what they may do."""
        user, org = await accounts.me(request.user)
        return schemas.Me(
            user=schemas.User.of(user), org=schemas.Org.of(org), permissions=permissions_of(request.user.role)
        )

    @get("/sign-ins", needs=Action.OWN_ACCOUNT)
    async def sign_ins(self, request: ApiRequest, accounts: Injected[Accounts]) -> schemas.SignIns:
        """How the caller signs in: with a password, and through which identity providers."""
        found = await accounts.sign_ins(request.user)
        return schemas.SignIns(password=found.password, oauth=tuple(found.oauth))

    @post("/logout", needs=Action.OWN_ACCOUNT, status_code=204)
    async def logout(self, request: ApiRequest, sessions: Injected[Sessions]) -> None:
        """End this token."""
        await sessions.logout(request.user)

    @post("/password", needs=Action.OWN_ACCOUNT, status_code=200, fails=(429,))
    async def change_password(
        self,
        request: ApiRequest,
        payload: Payload[schemas.PasswordChange],
        accounts: Injected[Accounts],
        sessions: Injected[Sessions],
        recovery: Injected[Recovery],
    ) -> schemas.SignedIn:
        """Change the password, which ends every token; the answer holds a new one."""
        user = await recovery.change(request.user, payload.old_password, payload.new_password)
        return await signed_in(user, accounts, sessions)

    @post("/verify", needs=Action.OWN_ACCOUNT, status_code=204)
    async def verify(
        self, request: ApiRequest, payload: Payload[schemas.VerifyBody], recovery: Injected[Recovery]
    ) -> None:
        """Confirm one's e-mail address with the code out of the mail."""
        await recovery.verify(request.user, payload.token)

    @post("/verify/mail", needs=Action.OWN_ACCOUNT, status_code=202, fails=(429,))
    async def verify_again(
        self, request: ApiRequest, accounts: Injected[Accounts], recovery: Injected[Recovery]
    ) -> schemas.Message:
        """Request another code."""
        user, _ = await accounts.me(request.user)
        await recovery.request_verification(user)
        return schemas.Message(detail="If this address is not confirmed and mail is set up, a code is on its way.")

    @post("/password/reset", needs=PUBLIC, status_code=202, fails=(429, 503))
    async def reset(
        self, request: ApiRequest, payload: Payload[schemas.ResetBody], recovery: Injected[Recovery]
    ) -> schemas.Message:
        """Request a link by mail."""
        await recovery.request_reset(payload.email, address_of(request))
        return schemas.Message(detail="If this address is registered, a mail with a link is on its way.")

    @post("/password/reset/confirm", needs=PUBLIC, status_code=204, fails=(503,))
    async def confirm_reset(self, payload: Payload[schemas.ResetConfirmBody], recovery: Injected[Recovery]) -> None:
        """Set a new password with the token out of the link."""
        await recovery.confirm(payload.token, payload.password)


class OrgController(Controller):
    """/api/org"""

    path = "/org"

    @get(needs=Action.READ)
    async def org(self, request: ApiRequest, accounts: Injected[Accounts]) -> schemas.Org:
        """The organization."""
        return schemas.Org.of(await accounts.org(request.user))

    @put(needs=Action.MANAGE_ORG)
    async def change_org(
        self, request: ApiRequest, payload: Payload[schemas.OrgChange], accounts: Injected[Accounts]
    ) -> schemas.Org:
        """Rename the organization."""
        return schemas.Org.of(await accounts.rename_org(request.user, payload.name))

    @delete(needs=Action.MANAGE_ORG)
    async def delete_org(
        self, request: ApiRequest, payload: Payload[schemas.OrgChange], erasure: Injected[Erasure]
    ) -> None:
        """Delete the organization with all that it has; the body names it."""
        await erasure.delete(request.user, payload.name)
