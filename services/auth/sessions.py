"""Logging in and out, and who a token belongs to."""

from collections import OrderedDict
from typing import Final

from libs.common.clock import Clock
from libs.common.errors import RateLimited, Unauthorized
from services.auth.domain.accounts import Caller, Claims, Standing, User
from services.auth.domain.attempts import Attempts, network_of
from services.auth.ports import Passwords, Tokens, UnitOfWork

_FRESH_SECONDS: Final = 5.0
_REMEMBERED: Final = 10_000
_TOO_LONG: Final = 1024


class Sessions:
    """Tokens last twelve hours, but what they allow is looked up, at most five seconds ago."""

    def __init__(self, uow: UnitOfWork, passwords: Passwords, tokens: Tokens, clock: Clock) -> None:
        self._uow = uow
        self._passwords = passwords
        self._tokens = tokens
        self._clock = clock
        self._attempts = Attempts(limit=5, window_seconds=15 * 60)
        self._standings: OrderedDict[str, tuple[float, Standing | None]] = OrderedDict()

    async def login(self, email: str, password: str, address: str) -> User:
        """The user. `Unauthorized`, in the same words and time, for a wrong e-mail and a wrong password; `RateLimited`
        after five tries for one account from one network within a quarter of an hour.
        """
        email = email.strip().casefold()
        guess = f"{email}|{network_of(address)}"
        wait = self._attempts.take(guess, self._clock.monotonic())
        if wait is not None:
            seconds = int(wait) + 1
            raise RateLimited(
                f"Too many attempts to sign in; try again in {seconds} seconds.", details={"retry_after": seconds}
            )
        async with self._uow() as tx:
            known = await tx.accounts.credentials(email)
        # The pool's connection is free again while the hash is computed.
        if not await self._passwords.matches(known.password_hash if known else None, password) or not known:
            raise Unauthorized("The e-mail address or the password is wrong.", code="invalid_credentials")
        self._attempts.forget(guess)
        if self._passwords.outdated(known.password_hash):
            fresh = await self._passwords.hash(password)
            async with self._uow() as tx:
                await tx.accounts.set_password_hash(known.user.org_id, known.user.id, fresh)
        return known.user

    def token(self, user: User) -> str:
        """A token for a user who has just proved who they are."""
        return self._tokens.issue(user, self._clock.now())

    async def caller(self, token: str) -> Caller:
        """Whoever this token was issued to, with the role they have now; `Unauthorized` if it no longer counts."""
        claims = self._tokens.read(token) if len(token) <= _TOO_LONG else None
        standing = None if claims is None else await self._standing(claims)
        if claims is None or standing is None or standing.token_revoked or standing.version != claims.version:
            raise Unauthorized("You are not signed in, or no longer; sign in again.", code="invalid_token")
        return Caller(
            org_id=claims.org_id,
            user_id=claims.user_id,
            role=standing.role,
            token_id=claims.token_id,
            token_expires_at=claims.expires_at,
        )

    async def logout(self, caller: Caller) -> None:
        """End this token; other tokens of the same user stay."""
        async with self._uow() as tx:
            await tx.accounts.revoke_token(caller.org_id, caller.token_id, caller.token_expires_at)
        self._standings.pop(caller.token_id, None)

    async def _standing(self, claims: Claims) -> Standing | None:
        now = self._clock.monotonic()
        until, standing = self._standings.get(claims.token_id, (now, None))
        if now < until:
            return standing
        async with self._uow() as tx:
            standing = await tx.accounts.standing(claims.org_id, claims.user_id, claims.token_id)
        self._standings[claims.token_id] = (now + _FRESH_SECONDS, standing)
        self._standings.move_to_end(claims.token_id)
        if len(self._standings) > _REMEMBERED:
            self._standings.popitem(last=False)
        return standing
