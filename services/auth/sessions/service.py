"""Logging in and out, and who a token belongs to."""

from typing import Final

from libs.common.clock import Clock
from libs.common.errors import Forbidden, Unauthorized
from libs.common.keys import CONTROL_PREFIX
from services.auth.accounts.addresses import find_account
from services.auth.accounts.domain.credentials import spellings
from services.auth.domain.accounts import Caller, Claims, TokenStatus, User
from services.auth.domain.attempts import LOGIN_ACCOUNT, LOGIN_ADDRESS, client_of, network_of
from services.auth.domain.confirmation import Confirmation
from services.auth.keys.control_keys import ControlKeys
from services.auth.ports import EventPublisher, Limits, Passwords, UnitOfWork
from services.auth.sessions.ports import Tokens
from services.auth.sessions.token_status_cache import TokenStatusCache

_TOO_LONG: Final = 1024
NO_GROUP: Final = (
    "Your identity provider lists you in no group that may use this Promptly."
    " Ask whoever manages its groups, then sign in with it again."
)


class Sessions:
    """Tokens last twelve hours, but what they allow is looked up, at most five seconds ago."""

    def __init__(
        self,
        uow: UnitOfWork,
        passwords: Passwords,
        tokens: Tokens,
        clock: Clock,
        limits: Limits,
        token_statuses: TokenStatusCache,
        publisher: EventPublisher,
        control_keys: ControlKeys,
        confirmation: Confirmation,
    ) -> None:
        self._confirmation = confirmation
        self._uow = uow
        self._passwords = passwords
        self._tokens = tokens
        self._clock = clock
        self._limits = limits
        self._token_statuses = token_statuses
        self._publisher = publisher
        self._control_keys = control_keys

    async def login(self, email: str, password: str, address: str) -> User:
        """The user. `Unauthorized`, in the same words and time, for a wrong e-mail and a wrong password; `RateLimited`
        after five tries for one account from one network within a quarter of an hour, and after a thousand failures from one
        address within an hour.
        """
        guess, client = f"{spellings(email)[-1]}|{network_of(address)}", client_of(address)
        await self._limits.take(LOGIN_ACCOUNT, guess)
        if client is not None:
            await self._limits.take(LOGIN_ADDRESS, client)
        async with self._uow() as tx:
            known = await find_account(tx, email)
        stored = None if known is None else known.password_hash
        # The pool's connection is free again while the hash is computed.
        if not await self._passwords.matches(stored, password) or known is None or stored is None:
            raise Unauthorized("The e-mail address or the password is wrong.", code="invalid_credentials")
        await self._limits.forget(LOGIN_ACCOUNT, guess)
        if client is not None:
            await self._limits.undo(LOGIN_ADDRESS, client)
        if self._passwords.outdated(stored):
            fresh = await self._passwords.hash(password)
            async with self._uow() as tx:
                await tx.accounts.renew_hash(known.user, stored, fresh)
        return known.user

    async def token(self, user: User) -> str:
        """A token for a user who has just proved who they are; `Forbidden` for one who is suspended, or whom the identity provider has not
        confirmed for too long.
        """
        if user.suspended:
            raise Forbidden(NO_GROUP, code="suspended")
        async with self._uow() as tx:
            confirmed_at = await tx.accounts.confirmed_at(user.org_id, user.id)
        if self._confirmation.session_is_over(confirmed_at, self._clock.now()):
            title = self._confirmation.title
            raise Forbidden(
                f"Sign in with {title}: it says whether you still have access, and a password alone does not do.",
                code="sign_in_with_provider",
            )
        return self._tokens.issue(user, self._clock.now())

    async def caller(self, token: str) -> Caller:
        """The user of this token, with the role they have now, or the control-plane key that it is; `Unauthorized` if it is no
        longer valid.
        """
        if token.startswith(CONTROL_PREFIX):
            return await self._control_keys.caller(token)
        claims = self._tokens.read(token) if len(token) <= _TOO_LONG else None
        token_status = None if claims is None else await self._token_status(claims)
        if (
            claims is None
            or token_status is None
            or token_status.token_revoked
            or token_status.version != claims.version
            or self._confirmation.session_is_over(token_status.confirmed_at, self._clock.now())
        ):
            raise Unauthorized("You are not signed in, or no longer; sign in again.", code="invalid_token")
        return Caller(
            org_id=claims.org_id,
            user_id=claims.user_id,
            role=token_status.role,
            token_id=claims.token_id,
            token_expires_at=claims.expires_at,
        )

    async def logout(self, caller: Caller) -> None:
        """End this token; other tokens of the same user stay."""
        async with self._uow() as tx:
            await tx.accounts.revoke_token(caller.org_id, caller.token_id, caller.token_expires_at)
        await self._publisher.access_changed(caller.org_id, caller.user_id)

    async def _token_status(self, claims: Claims) -> TokenStatus | None:
        known, token_status = self._token_statuses.fresh(claims)
        if known:
            return token_status
        read_at = self._clock.monotonic()
        async with self._uow() as tx:
            token_status = await tx.accounts.token_status(claims.org_id, claims.user_id, claims.token_id)
        self._token_statuses.remember(claims, token_status, read_at)
        return token_status
