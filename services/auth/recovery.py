"""Another password: with the old one, with a link by mail, or with a link from the operator."""

import secrets

from libs.common.clock import Clock
from libs.common.contracts.auth import PasswordReset
from libs.common.errors import BadRequest, NotFound, RateLimited
from services.auth.domain.accounts import Caller, User
from services.auth.domain.attempts import PASSWORD_CHANGE, RESET_ADDRESS, RESET_EMAIL, client_of
from services.auth.domain.credentials import check_password, normalise_email
from services.auth.domain.links import Links
from services.auth.domain.mails import reset_mail
from services.auth.domain.tickets import RESET_LASTS, Ticket, digest_of, holder_of
from services.auth.ports import Announcer, Later, Limits, Mailer, Passwords, UnitOfWork


class Recovery:
    """Whichever way a password is changed, every token issued before stops working."""

    def __init__(
        self,
        *,
        uow: UnitOfWork,
        passwords: Passwords,
        limits: Limits,
        announcer: Announcer,
        mailer: Mailer,
        links: Links,
        clock: Clock,
        later: Later,
    ) -> None:
        self._uow = uow
        self._passwords = passwords
        self._limits = limits
        self._announcer = announcer
        self._mailer = mailer
        self._links = links
        self._clock = clock
        self._later = later

    @property
    def mails(self) -> bool:
        """Whether a link by mail arrives anywhere."""
        return self._mailer.configured

    async def change(self, caller: Caller, old: str, new: str) -> User:
        """The user with the new password. `BadRequest` for a wrong old one or an unusable new one."""
        check_password(new, "new_password")
        await self._limits.take(PASSWORD_CHANGE, caller.user_id)
        async with self._uow() as tx:
            user = await tx.accounts.user(caller.org_id, caller.user_id)
            known = None if user is None else await tx.accounts.credentials(user.email)
        stored = None if known is None else known.password_hash
        if known is not None and stored is None:
            raise BadRequest(
                "This account has no password yet; ask for one by mail, on the page for forgotten passwords.",
                details={"param": "old_password"},
            )
        if not await self._passwords.matches(stored, old):
            raise BadRequest("The old password is wrong.", details={"param": "old_password"})
        await self._limits.forget(PASSWORD_CHANGE, caller.user_id)
        return await self._set(caller.org_id, caller.user_id, await self._passwords.hash(new))

    async def ask(self, email: str, address: str) -> None:
        """Mail a link, if somebody is registered with this address: whether that is so shows nowhere. `RateLimited` after
        ten questions from one address within an hour; past five about one e-mail nothing more is sent.
        """
        email = normalise_email(email)
        if (client := client_of(address)) is not None:
            await self._limits.take(RESET_ADDRESS, client)
        try:
            await self._limits.take(RESET_EMAIL, email)
        except RateLimited:
            return
        # Afterwards, so that the answer takes no longer where there is somebody to write to.
        self._later(self._mail(email))

    async def link_for(self, email: str) -> PasswordReset:
        """A link for whoever runs this installation; `NotFound` where nobody has this e-mail."""
        made = await self._ticket(normalise_email(email))
        if made is None:
            raise NotFound("Nobody is registered with this e-mail address.")
        return made

    async def confirm(self, token: str, password: str) -> None:
        """Set the password; `BadRequest` unless the token is fresh and unused."""
        check_password(password)
        digest = digest_of(token)
        async with self._uow() as tx:
            # Before the hash, which is dear, is made for somebody who only guesses.
            holder_of(await tx.tickets.find(digest, "reset"), self._clock.now())
        password_hash = await self._passwords.hash(password)
        async with self._uow() as tx:
            holder = holder_of(await tx.tickets.take(digest, "reset"), self._clock.now())
            await tx.tickets.drop(holder.org_id, holder.subject_id)
            await tx.accounts.set_password(holder.org_id, holder.subject_id, password_hash)
        await self._announcer.access_changed(holder.org_id, holder.subject_id)

    async def _set(self, org_id: str, user_id: str, password_hash: str) -> User:
        async with self._uow() as tx:
            await tx.tickets.drop(org_id, user_id)
            user = await tx.accounts.set_password(org_id, user_id, password_hash)
        await self._announcer.access_changed(org_id, user_id)
        return user

    async def _mail(self, email: str) -> None:
        if (made := await self._ticket(email)) is not None:
            await self._mailer.send(reset_mail(email, made.link))

    async def _ticket(self, email: str) -> PasswordReset | None:
        token, expires_at = secrets.token_urlsafe(32), self._clock.now() + RESET_LASTS
        async with self._uow() as tx:
            known = await tx.accounts.credentials(email)
            if known is None:
                return None
            user = known.user
            await tx.tickets.put(
                Ticket(
                    digest=digest_of(token),
                    kind="reset",
                    expires_at=expires_at,
                    org_id=user.org_id,
                    subject_id=user.id,
                )
            )
        return PasswordReset(
            token=token, link=self._links.reset(token), expires_at_ms=int(expires_at.timestamp() * 1000)
        )
