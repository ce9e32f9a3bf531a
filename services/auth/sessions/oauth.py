"""Signing in through an identity provider: GitHub, Google, or the OpenID Connect provider of this installation."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence

import msgspec

from libs.common.clock import Clock
from libs.common.errors import BadRequest, Conflict, Forbidden, NotFound, PromptlyError, Unauthorized
from services.auth.accounts.addresses import find_account, require_verified
from services.auth.accounts.service import Accounts
from services.auth.domain.accounts import Caller, User
from services.auth.domain.identities import Identity, IdentitySource, SignInState
from services.auth.domain.links import Links
from services.auth.domain.one_time_tokens import CODE_LASTS, STATE_LASTS, OneTimeToken, digest_of, holder_of
from services.auth.ports import Tx, UnitOfWork
from services.auth.sessions.membership import Membership
from services.auth.sessions.ports import IdentityProvider, Returned, States

_NAMES: Mapping[IdentitySource, str] = {"github": "GitHub", "google": "Google", "oidc": "OpenID Connect"}


class SignInRedirect(msgspec.Struct, frozen=True, kw_only=True):
    """Where the browser goes to sign in, and the cookie that it has to bring back."""

    url: str
    cookie: str


class OAuth:
    """One secret in the browser's cookie holds a sign-in together: the state names its digest, the PKCE verifier is made
    of it, and the code at the end works only beside it. Nothing has to be stored until somebody really comes back.
    """

    def __init__(
        self,
        uow: UnitOfWork,
        providers: Mapping[IdentitySource, IdentityProvider],
        states: States,
        accounts: Accounts,
        links: Links,
        clock: Clock,
        membership: Membership,
        *,
        mails: bool,
    ) -> None:
        self._membership = membership
        self._uow = uow
        self._mails = mails
        self._providers = providers
        self._states = states
        self._accounts = accounts
        self._links = links
        self._clock = clock

    @property
    def sources(self) -> Sequence[IdentitySource]:
        """Who is set up here."""
        return sorted(self._providers)

    def title(self, source: IdentitySource) -> str | None:
        """What a provider is called, for people; None where it is not set up."""
        return self._providers[source].title if source in self._providers else None

    async def start(self, source: IdentitySource, caller: Caller | None = None) -> SignInRedirect:
        """Begin to sign in; for a caller who is signed in already, to link that identity. `NotFound` where it is not set up."""
        provider, cookie, nonce = self._provider(source), secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        state = SignInState(
            nonce=nonce,
            source=source,
            bound_to=digest_of(cookie),
            org_id=None if caller is None else caller.org_id,
            user_id=None if caller is None else caller.user_id,
        )
        challenge = _base64url(hashlib.sha256(_verifier(cookie, nonce).encode()).digest())
        signed = self._states.issue(state, self._clock.now())
        url = await provider.address(signed, challenge, self._links.callback(source), _id_nonce(cookie, nonce))
        return SignInRedirect(url=url, cookie=cookie)

    async def finish(self, source: IdentitySource, returned: Returned | None, *, state: str, cookie: str) -> str:
        """The dashboard's page to go on with: with a one-time code, or with what went wrong. That is `bad_state` where the
        state is not one that this browser began with, or was used already.
        """
        provider = self._provider(source)
        try:
            known = await self._begun(source, state, cookie)
            if returned is None:
                raise Forbidden(f"{provider.title} did not let you sign in.", code="access_denied")
            verifier, id_nonce = _verifier(cookie, known.nonce), _id_nonce(cookie, known.nonce)
            identity = await provider.identity(returned, verifier, self._links.callback(source), id_nonce)
            return self._links.returned(code=await self._code_for(identity, known, provider.title))
        except PromptlyError as error:
            return self._links.returned(error=error.message, error_code=error.code, status=str(error.status))

    async def exchange(self, code: str, cookie: str) -> User:
        """The user who signed in; `BadRequest` unless the code is fresh, unused and this browser's."""
        async with self._uow() as tx:
            one_time_token = await tx.one_time_tokens.take(digest_of(code), "oauth_code")
            holder = holder_of(one_time_token, self._clock.now(), bound_to=digest_of(cookie))
            user = await tx.accounts.user(holder.org_id, holder.subject_id)
        if user is None:
            raise Unauthorized("This account does not exist any more.", code="invalid_token")
        return user

    async def _begun(self, source: IdentitySource, state: str, cookie: str) -> SignInState:
        known = self._states.read(state)
        if known is None or known.source != source or not hmac.compare_digest(known.bound_to, digest_of(cookie)):
            raise BadRequest(
                "This sign-in was not begun in this browser, or too long ago; begin again.", code="bad_state"
            )
        spent = OneTimeToken(
            digest=digest_of(known.nonce), kind="oauth_state", expires_at=self._clock.now() + STATE_LASTS
        )
        async with self._uow() as tx:
            if not await tx.one_time_tokens.put(spent):
                raise BadRequest("This sign-in was finished already; begin again.", code="bad_state")
        return known

    async def _code_for(self, identity: Identity, state: SignInState, title: str) -> str:
        code = secrets.token_urlsafe(32)
        if identity.source == "oidc":
            user = await self._membership.admit(identity, state, title)
        async with self._uow() as tx:
            if identity.source != "oidc":
                user = await self._user(tx, identity, state, title)
            await tx.one_time_tokens.put(
                OneTimeToken(
                    digest=digest_of(code),
                    kind="oauth_code",
                    expires_at=self._clock.now() + CODE_LASTS,
                    org_id=user.org_id,
                    subject_id=user.id,
                    bound_to=state.bound_to,
                )
            )
        return code

    async def _user(self, tx: Tx, identity: Identity, state: SignInState, title: str) -> User:
        known = await tx.accounts.by_identity(identity)
        if state.org_id is not None and state.user_id is not None:
            user = await tx.accounts.user(state.org_id, state.user_id)
            if user is None:
                raise Unauthorized("This account does not exist any more.", code="invalid_token")
            if known is not None and known.id != user.id:
                raise Conflict(f"This {title} account signs somebody else in already.", code="identity_taken")
            require_verified(user, mails=self._mails)
            await tx.accounts.link_identity(user, identity, self._clock.now())
            return user
        if known is not None:
            return known
        if await find_account(tx, identity.email) is not None:
            # The owner of the mailbox need not be the owner of the account, who proves it with the account's password.
            raise Conflict(
                f"This e-mail address has an account already: sign in as usual, then connect {title}.",
                code="email_taken",
            )
        user = await self._accounts.create_personal_org(tx, identity.email)
        await tx.accounts.link_identity(user, identity, self._clock.now())
        return user

    def _provider(self, source: IdentitySource) -> IdentityProvider:
        provider = self._providers.get(source)
        if provider is None:
            raise NotFound(f"Signing in with {_NAMES[source]} is not set up here.", code="oauth_not_configured")
        return provider


def _verifier(cookie: str, nonce: str) -> str:
    return _base64url(hmac.digest(cookie.encode("utf-8", "surrogatepass"), nonce.encode(), hashlib.sha256))


def _id_nonce(cookie: str, nonce: str) -> str:
    """What an ID token has to hold: only this browser's cookie makes it, and it gives the verifier away to nobody."""
    return _base64url(hmac.digest(cookie.encode("utf-8", "surrogatepass"), f"id|{nonce}".encode(), hashlib.sha256))


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
